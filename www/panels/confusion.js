// The confusion matrix: what the model said for each true label.

import { h } from "../dom.js";
import { count } from "../format.js";
import { nameHead } from "../views/names.js";

/** A matrix of more labels than this is too large to be read. */
const MOST_IN_MATRIX = 40;
/** Characters of a label. */
const MOST_CHARACTERS = 24;

/**
 * @param {string[]} labels
 * @param {number[][]} counts  Rows truth, columns prediction.
 * @param {string} unit        What is counted: "rows", "words".
 * @param {{prefix?: string, where?: string}} [among]  What its ids begin with and its title ends in, among several.
 */
export function confusionMatrix(labels, counts, unit, { prefix = "", where = "" } = {}) {
  if (labels.length > MOST_IN_MATRIX) {
    return h("p", { class: "hint" }, `A confusion matrix of ${labels.length} labels would be too large to read.`);
  }
  const heads = labels.map((label) => nameHead("col", label, MOST_CHARACTERS));
  const rows = labels.map((label, truth) => {
    const cells = counts[truth] ?? [];
    const total = cells.reduce((sum, cell) => sum + cell, 0);
    return h(
      "tr",
      {},
      nameHead("row", label, MOST_CHARACTERS),
      ...cells.map((cell, guess) => heat(cell, total, truth === guess)),
    );
  });
  const title = `Confusion matrix${where}`;
  const help =
    `Counts of ${unit}: rows are the true labels, columns what the model said. ` +
    "The stronger a cell’s colour, the larger its share of the row.";
  const table = h(
    "table",
    { id: `${prefix}confusion`, class: "confusion", "aria-describedby": `${prefix}confusion-help` },
    h("caption", { class: "visually-hidden" }, title),
    h("thead", {}, h("tr", {}, h("td", { class: "corner" }, "true ↓ said →"), ...heads)),
    h("tbody", {}, ...rows),
  );
  return h(
    "div",
    { class: "stack tight" },
    h("h3", {}, title),
    h("p", { id: `${prefix}confusion-help`, class: "hint" }, help),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, table),
  );
}

/** @param {number} cell @param {number} total @param {boolean} right */
function heat(cell, total, right) {
  const element = h("td", { class: `${right ? "right" : "wrong"}${cell === 0 ? " zero" : ""}` }, count(cell));
  element.style.setProperty("--heat", String(total > 0 ? cell / total : 0));
  return element;
}
