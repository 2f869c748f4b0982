// The first rows of a table, with what the model should learn from them made readable: labels as chips, tagged words and
// answers marked in their texts.

import { answersIn, labelsIn, markedWords } from "../cells.js";
import { h } from "../dom.js";
import { count } from "../format.js";
import { columnOf, roleOf } from "../mapping.js";
import { chips } from "../views/chips.js";
import { colorsOf, markedText } from "../views/marked.js";
import { visible } from "../visible.js";

/**
 * @typedef {import("../protocol.js").Mapping} Mapping
 * @typedef {import("../protocol.js").TableInfo} TableInfo
 * @typedef {import("../views/marked.js").Marked} Marked
 * @typedef {Partial<Record<import("../tasks.js").Role, string>>} Cells  A row's cells by what they are to the task.
 */

/** Characters of a cell that are shown. */
const LIMIT = 240;

/** @param {TableInfo} table @param {Mapping} mapping */
export function previewTable(table, mapping) {
  const roles = table.columns.map(({ name }) => roleOf(mapping, name));
  // What is used stands first: a table of an annotation tool has a dozen columns before its labels.
  const order = [...roles.keys()].sort((one, other) => Number(!roles[one]) - Number(!roles[other]) || one - other);
  const specs = order.map((index) => roles[index]);
  const classOf = (/** @type {number} */ index) => {
    const spec = specs[index];
    return !spec ? "" : spec.shows === "values" ? "label" : "text";
  };
  const columns = order.map((index) => table.columns[index]);
  const head = columns.map(({ name }, index) =>
    h(
      "th",
      { scope: "col", class: classOf(index), dir: "auto" },
      visible(name, 40),
      specs[index] && h("span", { class: "tag" }, specs[index].noun),
    ),
  );
  const colors = colorsOf([], mapping.task === "tokens" ? markedIn(table, mapping) : []);
  const rows = table.preview.map((cells) => {
    const row = cellsOf(table, mapping, cells);
    const shown = order.map((place, index) => {
      const cell = cells[place] ?? "";
      const role = specs[index]?.role;
      const content = role ? readable(mapping, role, row, colors) : null;
      return h("td", { dir: "auto", class: classOf(index) }, content ?? visible(cell, LIMIT));
    });
    return h("tr", {}, ...shown);
  });
  const caption = h(
    "caption",
    { class: "visually-hidden" },
    `The first ${count(table.preview.length)} rows of ${visible(table.name, 60)}`,
  );
  return h("table", { class: "preview" }, caption, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}

/** @param {TableInfo} table @param {Mapping} mapping @param {string[]} cells @returns {Cells} */
function cellsOf(table, mapping, cells) {
  const cell = (/** @type {import("../tasks.js").Role} */ role) =>
    cells[table.columns.findIndex(({ name }) => name === columnOf(mapping, role))];
  return { text: cell("text"), pair: cell("pair"), label: cell("label") };
}

/** Everything that is marked in the preview, so that a label has one colour in all rows. @param {TableInfo} table @param {Mapping} mapping */
function markedIn(table, mapping) {
  return table.preview.flatMap((cells) => {
    const { text = "", label = "" } = cellsOf(table, mapping, cells);
    return markedWords(text, label)?.marked ?? [];
  });
}

/**
 * @param {Mapping} mapping
 * @param {import("../tasks.js").Role} role
 * @param {Cells} row
 * @param {Map<string, number>} colors
 * @returns {HTMLElement|null} Null where the cell is best shown as it stands.
 */
function readable({ task, separator }, role, { text = "", pair = "", label = "" }, colors) {
  if (role === "label" && task === "classification") return label.trim() === "" ? null : chips([label], "");
  if (role === "label" && task === "multi_label") return chips(labelsIn(label, separator), "no label");
  if (task === "tokens") {
    const read = markedWords(text, label);
    if (!read) return null;
    if (role === "text") return markedText(read.text, read.marked, colors, { limit: LIMIT });
    return chips([...new Set(read.marked.map((span) => span.label))], "nothing marked");
  }
  if (task === "answers" && role !== "text") {
    const answers = answersIn(label, pair);
    const spans = answers.filter(({ start }) => start >= 0).map((answer) => ({ ...answer, label: "answer" }));
    if (role === "pair") return markedText(pair, spans, colorsOf(["answer"], []), { limit: LIMIT, named: false });
    return chips([...new Set(answers.map((answer) => answer.text))], "no answer");
  }
  return null;
}
