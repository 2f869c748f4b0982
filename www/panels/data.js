// Step 2: the table, what its columns mean, a look at its rows, and how many of each label there are.

import { fill, h, show, whenChanged } from "../dom.js";
import { count, counted } from "../format.js";
import { fromField } from "../intake.js";
import { isBusyTraining } from "../state.js";
import { visible } from "../visible.js";
import { classCounts } from "./classes.js";
import { mappingForm } from "./mapping.js";
import { mistakeLine, noteList, section } from "./section.js";

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
    "A table with one text and one label per row: CSV, TSV or JSON Lines.",
  );
  const intake = tableIntake(actions);
  const mistake = mistakeLine("data-error");
  const still = h("p", { id: "data-still", class: "hint" });
  const file = h("p", { id: "table-name", class: "subject", dir: "auto" });
  const format = h("p", { id: "table-format", class: "hint" });
  const tableNotes = noteList("table-notes");
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
    tableNotes.element,
    mapping.element,
    h("div", { class: "stack tight" }, h("h3", {}, "First rows"), preview),
    classes.element,
    dataNotes.element,
  );
  body.append(intake.element, mistake.element, still, opened);

  const drawTable = whenChanged((/** @type {TableInfo|null} */ table) => {
    show(opened, table !== null);
    tableNotes.update(table?.notes ?? []);
    if (!table) return;
    file.textContent = visible(table.name, 120);
    format.textContent = `${table.format} · ${counted(table.rows, "row")}`;
  });
  const drawPreview = whenChanged(
    (/** @type {TableInfo|null} */ table, /** @type {string} */ text, /** @type {string} */ label) => {
      if (table) fill(preview, previewTable(table, text, label));
    },
  );
  const drawDataset = whenChanged((/** @type {State["data"]["dataset"]} */ dataset) => {
    classes.update(dataset?.info ?? null);
    dataNotes.update(dataset?.info.notes ?? []);
  });

  /** @param {State} state */
  function update(state) {
    const { table, loading, error, dataset, previous } = state.data;
    const busy = isBusyTraining(state);
    drawTable(table);
    drawPreview(table, state.data.mapping?.text ?? "", state.data.mapping?.label ?? "");
    // Counts of one table under the columns of another would mislead.
    const fits = state.data.mapping_busy || state.data.mapping === dataset?.mapping;
    drawDataset(fits ? dataset : null);
    mapping.update(table, state.data.mapping, busy || state.dead !== null);
    mistake.update(error);
    intake.update(table !== null, loading, previous, busy || state.dead !== null);
    still.textContent = error && dataset ? stillUsed(state) : "";
    show(still, still.textContent !== "");
    if (loading) stand(`Reading ${visible(loading, 40)}…`, dataset !== null);
    else stand(dataset ? counted(dataset.info.train + dataset.info.validation, "row") : "", dataset !== null);
  }

  return { element, update };
}

/** @param {State} state @returns {string} What training goes on using after a mistake. */
function stillUsed({ data }) {
  if (!data.dataset) return "";
  const { table, mapping } = data.dataset;
  return `Nothing is lost: training still uses ${visible(table, 60)} with “${visible(mapping.text, 40)}” as text and “${visible(mapping.label, 40)}” as label.`;
}

/** @param {Actions} actions */
function tableIntake(actions) {
  /** @param {Event} event */
  const take = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.files && field.files.length > 0) actions.take(fromField(field.files));
    field.value = "";
  };
  const field = h("input", {
    id: "file-table",
    type: "file",
    accept: ".csv,.tsv,.tab,.txt,.jsonl,.ndjson,.json",
    class: "visually-hidden",
    onchange: take,
  });
  const choose = h("span", {}, "Choose a file");
  const example = h("button", { id: "load-example", type: "button", onclick: actions.openExample }, "Load the example");
  const back = h("button", { id: "go-back", type: "button", class: "quiet", onclick: actions.goBack });
  const words = h("p", { class: "drop-words" });
  const hint = h("p", { class: "hint" }, "The example has 240 customer messages on six topics.");
  const controls = h(
    "fieldset",
    { class: "plain row" },
    h("label", { class: "button primary", for: "file-table" }, field, choose),
    example,
    back,
  );
  const element = h("div", { class: "dropzone" }, words, controls, hint);

  /** @param {boolean} open @param {string|null} loading @param {string|null} previous @param {boolean} disabled */
  function update(open, loading, previous, disabled) {
    element.classList.toggle("slim", open);
    choose.textContent = open ? "Choose another file" : "Choose a file";
    words.textContent = loading
      ? `Reading ${visible(loading, 60)}…`
      : open
        ? ""
        : "Drop your table anywhere on this page";
    show(words, words.textContent !== "");
    show(hint, !open);
    show(back, previous !== null);
    back.textContent = `Go back to ${visible(previous ?? "", 60)}`;
    controls.disabled = disabled || loading !== null;
  }

  return { element, update };
}

/** @param {TableInfo} table @param {string} text @param {string} label */
function previewTable(table, text, label) {
  const role = (/** @type {string} */ name) => (name === text ? "text" : name === label ? "label" : "");
  const head = table.columns.map(({ name }) =>
    h(
      "th",
      { scope: "col", class: role(name), dir: "auto" },
      visible(name, 40),
      role(name) && h("span", { class: "tag" }, role(name)),
    ),
  );
  const rows = table.preview.map((cells) =>
    h(
      "tr",
      {},
      ...cells.map((cell, index) =>
        h("td", { dir: "auto", class: role(table.columns[index]?.name ?? ""), text: visible(cell, 240) }),
      ),
    ),
  );
  const caption = h(
    "caption",
    { class: "visually-hidden" },
    `The first ${count(table.preview.length)} rows of ${visible(table.name, 60)}`,
  );
  return h("table", { class: "preview" }, caption, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}
