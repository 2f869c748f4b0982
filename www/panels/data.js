// Step 2: the table, what is learned from it, what its columns mean, a look at its rows, and how many of each label there
// are.

import { mayBeDelimited } from "../dialect.js";
import { fill, h, show, whenChanged } from "../dom.js";
import { counted, percent } from "../format.js";
import { hasData, isBusyTraining, showsRefused } from "../standing.js";
import { stillUsed } from "../used.js";
import { visible } from "../visible.js";
import { classCounts } from "./classes.js";
import { tableIntake } from "./intake.js";
import { mappingForm } from "./mapping.js";
import { previewTable } from "./preview.js";
import { dialectForm } from "./dialect.js";
import { mistakeLine, noteList, section, spoken } from "./section.js";
import { taskPicker } from "./tasks.js";
import { worksheetChoice } from "./worksheets.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 * @typedef {import("../protocol.js").TableInfo} TableInfo
 */

/** @param {Actions} actions */
export function dataPanel(actions) {
  const { element, body, stand } = section(
    2,
    "data",
    "Data",
    "Texts with what should be learned from them: Excel, CSV, TSV, JSON, Parquet, CoNLL or SQuAD.",
  );
  const intake = tableIntake(actions);
  const mistake = mistakeLine("data-error");
  const announce = spoken("data-status");
  const still = h("p", { id: "data-still", class: "hint" });
  const file = h("p", { id: "table-name", class: "subject", dir: "auto" });
  const format = h("p", { id: "table-format", class: "hint" });
  const tableNotes = noteList("table-notes");
  const worksheets = worksheetChoice("table-worksheet", actions.chooseWorksheet);
  const dialect = dialectForm("table-dialect", "Read it differently", actions.readAs);
  const otherwise = dialectForm("refused-dialect", "Read the file differently", actions.readAs);
  const tasks = taskPicker(actions);
  const mapping = mappingForm(actions);
  const preview = h("div", {
    id: "preview",
    class: "scroll",
    tabindex: "0",
    role: "region",
    "aria-label": "First rows of the table",
  });
  const classes = classCounts();
  const dataNotes = noteList("data-notes");
  const opened = h(
    "div",
    { class: "stack" },
    h("div", {}, file, format),
    worksheets.element,
    tableNotes.element,
    dialect.element,
    tasks.element,
    mapping.element,
    h("div", { class: "stack tight" }, h("h3", {}, "First rows"), preview),
    classes.element,
    dataNotes.element,
  );
  body.append(intake.element, mistake.element, otherwise.element, still, opened, announce.element);

  const drawTable = whenChanged((/** @type {TableInfo|null} */ table) => {
    show(opened, table !== null);
    tableNotes.update(table?.notes ?? []);
    if (!table) return;
    file.textContent = visible(table.name, 120);
    format.textContent = `${table.format} · ${counted(table.rows, "row")}`;
  });
  const drawPreview = whenChanged(
    (/** @type {TableInfo|null} */ table, /** @type {State["data"]["mapping"]} */ mapping) => {
      if (table && mapping) fill(preview, previewTable(table, mapping));
    },
  );
  const drawDataset = whenChanged((/** @type {State["data"]["dataset"]} */ dataset) => {
    classes.update(dataset?.info ?? null);
    dataNotes.update(dataset?.info.notes ?? []);
  });

  /** @param {State} state */
  function update(state) {
    const { table, asked, refused, loading, error, dataset, counting } = state.data;
    const busy = isBusyTraining(state);
    drawTable(table);
    drawPreview(table, state.data.mapping);
    // Counts of one table under the columns of another would mislead.
    const fits = state.data.mapping_busy || state.data.mapping === dataset?.mapping;
    drawDataset(fits ? dataset : null);
    const held = busy || loading !== null || state.dead !== null;
    worksheets.update(table, held);
    dialect.update(table && !refused ? { asked, found: table.dialect } : null, state.encodings, held);
    const maybe = refused && mayBeDelimited(refused.name) ? { asked: refused.asked, found: null } : null;
    otherwise.update(maybe, state.encodings, held);
    tasks.update(table?.mapping ?? null, state.data.mapping, busy || state.dead !== null);
    mapping.update(state.data, busy || state.dead !== null);
    mistake.update(error);
    intake.update(table !== null, state.data, busy || state.dead !== null);
    const used = stillUsed(state.data);
    still.textContent = used && `Nothing is lost: training still uses ${used}.`;
    show(still, used !== "");
    if (loading) announce.update(`Reading ${visible(loading, 60)}.`);
    else if (table && !error) announce.update(`${visible(table.name, 60)} is open, ${counted(table.rows, "row")}.`);
    const done = hasData(state.data);
    if (loading) stand(`Reading ${visible(loading, 40)}…`, done);
    else if (counting?.total) stand(`Counting tokens: ${percent(counting.done / counting.total, 0)}`, done);
    // The rows of one table beside another one that was refused would mislead.
    else if (showsRefused(state.data)) stand("To correct", done);
    else stand(dataset ? counted(dataset.info.train + dataset.info.validation, "row") : "", done);
  }

  return { element, update };
}
