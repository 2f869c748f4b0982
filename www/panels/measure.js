// The part of step 5 that measures the model on another table: a file, its columns, progress, and the scores.

import { h, show, whenChanged } from "../dom.js";
import { rest } from "../focus.js";
import { columnOf, withColumns } from "../mapping.js";
import { taskOf } from "../tasks.js";
import { tablePicker } from "./picker.js";
import { progressRow } from "./progress.js";
import { reportTables } from "./report.js";
import { mistakeLine, noteList } from "./section.js";
import { column } from "./sheet.js";

/**
 * @typedef {import("../outcome.js").MeasureState} MeasureState
 * @typedef {import("../protocol.js").Mapping} Mapping
 * @typedef {import("../tasks.js").Role} Role
 */

const WORDS =
  "Rows that had no part in training tell best how good a model is, also beside another model. Your data in step 2 stays as it is.";

/** In the order of the form. @type {Role[]} */
const ROLES = ["text", "pair", "negative", "label"];

/** @param {import("../actions.js").Actions} actions */
export function measureForm(actions) {
  const picker = tablePicker("measure", {
    open: actions.openMeasured,
    chooseWorksheet: actions.chooseMeasuredWorksheet,
    readAs: actions.readMeasuredAs,
  });
  const columns = new Map(ROLES.map((role) => [role, column(`measure-${role}`, "")]));
  const choices = h("fieldset", { class: "plain grid" }, ...[...columns.values()].map(({ element }) => element));
  const start = h("button", { id: "measure-start", type: "submit", class: "primary" }, "Measure it");
  const form = h("div", { class: "stack tight" }, picker.worksheets, choices, start);
  const running = progressRow("measure", "How much of the table is measured", actions.cancelMeasure);
  const mistake = mistakeLine("measure-error");
  const notes = noteList("measure-notes");
  const report = reportTables("other");
  const element = h(
    "form",
    {
      id: "measure",
      class: "stack tight",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        actions.measure();
      },
    },
    h("h3", {}, "Measure it on another table"),
    h("p", { class: "hint" }, WORDS),
    picker.button,
    picker.about,
    form,
    running.element,
    mistake.element,
    picker.dialect,
    notes.element,
    report.element,
  );
  picker.takeDrops(element);

  /** @type {Mapping|null} */
  let shown = null;
  for (const { select } of columns.values()) select.addEventListener("change", change);

  function change() {
    if (!shown) return;
    const chosen = Object.fromEntries(ROLES.map((role) => [role, columns.get(role)?.select.value ?? ""]));
    actions.changeMeasured(withColumns(shown, chosen, { separator: shown.separator }));
  }

  const drawColumns = whenChanged((/** @type {MeasureState["info"]} */ info, /** @type {Mapping|null} */ mapping) => {
    shown = mapping;
    if (!info || !mapping) return;
    const specs = taskOf(mapping.task).columns;
    const names = info.columns.map(({ name }) => name);
    for (const [role, { element, select, label, offer }] of columns) {
      const spec = specs.find((one) => one.role === role);
      show(element, spec !== undefined);
      if (!spec) continue;
      label.textContent = spec.label;
      const name = columnOf(mapping, role);
      offer(names, spec.none ?? (name === "" ? "Choose a column" : null));
      select.value = name;
    }
  });

  const drawResult = whenChanged(
    (/** @type {MeasureState["measured"]} */ measured, /** @type {import("../protocol.js").ScoreWords[]} */ scores) => {
      const { rows = null, interval = null } = measured ?? {};
      report.update(measured?.report ?? null, scores, { rows, interval });
      notes.update(measured?.notes ?? []);
    },
  );

  /** @param {MeasureState} measure @param {import("../state.js").State} state */
  function update(measure, { encodings, scores }) {
    const { info, mapping, busy, progress, measured, error } = measure;
    drawColumns(info, mapping);
    drawResult(measured, scores);
    picker.update(measure, encodings);
    const { columns: read } = mapping ? taskOf(mapping.task) : { columns: [] };
    const lacks = read.some(({ role, none }) => none === undefined && mapping && columnOf(mapping, role) === "");
    rest(start, busy !== null || lacks);
    choices.disabled = busy !== null;
    show(form, info !== null, picker.field);
    show(running.element, busy !== null, info ? start : picker.field);
    show(running.cancel, busy === "measuring" || busy === "cancelling");
    rest(running.cancel, busy === "cancelling");
    running.update(progress);
    mistake.update(error);
  }

  return { element, update };
}
