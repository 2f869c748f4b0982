// What the kept model gets right and wrong on the validation rows: scores, confusion matrix, scores per label.

import { fill, h, show } from "../dom.js";
import { count, loss, percent } from "../format.js";
import { visible } from "../visible.js";

/** @typedef {import("../protocol.js").Report} Report */

const CONFUSION_HELP =
  "Rows are the true labels, columns what the model said. The stronger a cell's colour, the larger its share of the row.";
/** A matrix of more labels than this is too large to be read. */
const MOST_IN_MATRIX = 40;

export function reportTables() {
  const element = h("div", { id: "report", class: "stack" });

  /** @param {Report|null} report */
  function update(report) {
    show(element, report !== null);
    if (!report) return fill(element);
    const matrix =
      report.labels.length <= MOST_IN_MATRIX
        ? confusion(report)
        : h("p", { class: "hint" }, `A confusion matrix of ${report.labels.length} labels would be too large to read.`);
    fill(element, scores(report), matrix, perClass(report));
  }

  return { element, update };
}

/** @param {Report} report */
function scores({ metrics }) {
  const fact = (/** @type {string} */ id, /** @type {string} */ term, /** @type {string} */ value) =>
    h("div", {}, h("dt", {}, term), h("dd", { id }, value));
  return h(
    "dl",
    { class: "facts figures" },
    fact("final-accuracy", "Accuracy", percent(metrics.accuracy)),
    fact("final-macro-f1", "Macro-F1", percent(metrics.macro_f1)),
    fact("final-loss", "Validation loss", loss(metrics.loss)),
  );
}

/** @param {Report} report */
function confusion({ labels, confusion }) {
  const heads = labels.map((label) =>
    h("th", { scope: "col", dir: "auto", title: visible(label, 200) }, h("span", {}, visible(label, 24))),
  );
  const rows = labels.map((label, truth) => {
    const cells = confusion[truth] ?? [];
    const total = cells.reduce((sum, cell) => sum + cell, 0);
    return h(
      "tr",
      {},
      h("th", { scope: "row", dir: "auto", title: visible(label, 200) }, visible(label, 24)),
      ...cells.map((cell, guess) => heat(cell, total, truth === guess)),
    );
  });
  const table = h(
    "table",
    { id: "confusion", class: "confusion", "aria-describedby": "confusion-help" },
    h("caption", { class: "visually-hidden" }, "Confusion matrix"),
    h("thead", {}, h("tr", {}, h("td", { class: "corner" }, "true ↓ said →"), ...heads)),
    h("tbody", {}, ...rows),
  );
  return h(
    "div",
    { class: "stack tight" },
    h("h3", {}, "Confusion matrix"),
    h("p", { id: "confusion-help", class: "hint" }, CONFUSION_HELP),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Confusion matrix" }, table),
  );
}

/** @param {number} cell @param {number} total @param {boolean} right */
function heat(cell, total, right) {
  const element = h("td", { class: `${right ? "right" : "wrong"}${cell === 0 ? " zero" : ""}` }, count(cell));
  element.style.setProperty("--heat", String(total > 0 ? cell / total : 0));
  return element;
}

/** @param {Report} report */
function perClass({ per_class }) {
  const head = ["Label", "Precision", "Recall", "F1", "Rows"];
  const rows = per_class.map(({ label, precision, recall, f1, support }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", dir: "auto", title: visible(label, 200) }, visible(label, 60)),
      ...[precision, recall, f1].map((share) => h("td", {}, percent(share))),
      h("td", {}, count(support)),
    ),
  );
  const table = h(
    "table",
    { id: "per-class", class: "numbers-table" },
    h("caption", { class: "visually-hidden" }, "Precision, recall and F1 of each label"),
    h("thead", {}, h("tr", {}, ...head.map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, ...rows),
  );
  return h(
    "div",
    { class: "stack tight" },
    h("h3", {}, "Scores per label"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores per label" }, table),
  );
}
