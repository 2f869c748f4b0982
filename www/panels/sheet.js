// The part of step 5 that predicts a whole table: a file, the column of its texts, progress, and the way to stop it.

import { fill, h, show, whenChanged } from "../dom.js";
import { rest } from "../focus.js";
import { visible } from "../visible.js";
import { tablePicker } from "./picker.js";
import { progressRow } from "./progress.js";
import { mistakeLine } from "./section.js";

/**
 * @typedef {import("../outcome.js").SheetState} SheetState
 * @typedef {import("../protocol.js").SheetInfo} SheetInfo
 */

/** Tasks that may read two texts, and those that must. */
const MAY = new Set(["classification", "multi_label", "regression"]);
const MUST = new Set(["answers"]);

const WORDS = "You get your table back with all its columns and rows, and the predictions beside them.";
const FORMATS = /** @type {const} */ ({
  csv: "CSV",
  excel: "Excel workbook",
});
/** What is to be known of each. */
const KNOWN = {
  csv: "In UTF-8, with what stands between the cells of your table. Text that a spreadsheet would run as a formula (cells that begin with =, +, - or @) gets an apostrophe in front.",
  excel: "After 1,048,576 rows another sheet begins. Cells are cut after 32,767 characters, the most that Excel takes.",
};

/** @param {import("../actions.js").Actions} actions */
export function sheetForm(actions) {
  const picker = tablePicker("sheet", {
    open: actions.openSheet,
    chooseWorksheet: actions.chooseSheetWorksheet,
    readAs: actions.readSheetAs,
  });
  const text = column("sheet-text", "Text column");
  const pair = column("sheet-pair", "Second text");
  const format = h(
    "select",
    { id: "sheet-format", onchange: explain, "aria-describedby": "sheet-format-words" },
    ...Object.entries(FORMATS).map(([value, words]) => h("option", { value }, words)),
  );
  const known = h("p", { id: "sheet-format-words", class: "hint" });
  const written = h(
    "div",
    { class: "field" },
    h("label", { class: "label", for: "sheet-format" }, "Result as"),
    format,
    known,
  );
  const start = h("button", { id: "sheet-start", type: "submit", class: "primary" }, "Predict all rows");
  const choices = h("fieldset", { class: "plain grid" }, text.element, pair.element, written);
  const columns = h("div", { class: "stack tight" }, picker.worksheets, choices, start);
  const running = progressRow("sheet", "How much of the table is predicted", actions.cancelSheet);
  const mistake = mistakeLine("sheet-error");
  const element = h(
    "form",
    { id: "sheet", class: "stack tight", onsubmit: submit },
    h("h3", {}, "Predict a whole table"),
    h("p", { class: "hint" }, WORDS),
    picker.button,
    picker.about,
    columns,
    running.element,
    mistake.element,
    picker.dialect,
  );
  picker.takeDrops(element);

  /** The table whose columns are offered. */
  let shownFor = "";
  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    actions.predictSheet({ text: text.select.value, pair: pair.select.value || null, format: chosen() });
  }

  function chosen() {
    return format.value === "excel" ? "excel" : "csv";
  }

  function explain() {
    known.textContent = KNOWN[chosen()];
  }

  const drawColumns = whenChanged((/** @type {SheetInfo|null} */ info) => {
    if (!info) return;
    const { task, columns } = info;
    const before = text.select.value;
    const kept = columns.includes(before) && shownFor === info.name;
    const second = pair.select.value;
    // Whoever works with Excel gets Excel back.
    if (shownFor !== info.name) format.value = info.format.startsWith("Excel") ? "excel" : "csv";
    explain();
    shownFor = info.name;
    text.offer(columns, null);
    pair.offer(columns, MUST.has(task) ? null : "None: single texts");
    text.select.value = kept ? before : info.text;
    pair.select.value = kept ? second : (info.pair ?? "");
    text.label.textContent = task === "answers" ? "Question column" : "Text column";
    pair.label.textContent = task === "answers" ? "Context column" : "Second text";
    show(pair.element, MAY.has(task) || MUST.has(task));
  });

  /** @param {SheetState} sheet @param {import("../state.js").State["encodings"]} encodings */
  function update(sheet, encodings) {
    const { info, busy, progress, error } = sheet;
    drawColumns(info);
    picker.update(sheet, encodings);
    const predicting = busy === "predicting" || busy === "cancelling";
    rest(start, busy !== null);
    choices.disabled = busy !== null;
    show(columns, info !== null, picker.field);
    show(running.element, predicting, info ? start : picker.field);
    rest(running.cancel, busy === "cancelling");
    running.update(progress);
    mistake.update(error);
  }

  return { element, update };
}

/** A choice among columns. @param {string} id @param {string} words */
export function column(id, words) {
  const select = h("select", { id });
  const label = h("label", { class: "label", for: id }, words);
  return {
    select,
    label,
    element: h("div", { class: "field" }, label, select),

    /** @param {string[]} names @param {string|null} none  What no column means; null where one is needed. */
    offer(names, none) {
      const first = none === null ? [] : [h("option", { value: "" }, none)];
      fill(select, ...first, ...names.map((name) => h("option", { value: name }, visible(name, 40))));
    },
  };
}
