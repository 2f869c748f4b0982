// What a model gets right and wrong on the validation rows, or on another table: scores, confusion matrix, scores per label.

import { fill, h, show } from "../dom.js";
import { count, counted, percent } from "../format.js";
import { describe, scoreNames, showScore, titleOf, wilson } from "../scores.js";
import { nameHead } from "../views/names.js";
import { confusionMatrix } from "./confusion.js";

/**
 * @typedef {import("../protocol.js").Report} Report
 * @typedef {import("../protocol.js").ScoreWords} ScoreWords
 * @typedef {{title: string, head: string, unit: string}} Words  Of the table of labels: over it, over its names, and what is counted.
 *
 * @typedef {object} On  What it was measured on.
 * @property {number|null} rows
 * @property {[number, number]|null} [interval]  95 % interval of the first score, if it is known. Of the validation rows' share of
 *   right ones it follows from their number.
 */

/** The two kinds of rows: the loss on them, how one has more of them, and what titles end in and ids begin with. */
const ON = {
  validation: { loss: "Validation loss", more: "Hold back more rows in step 2 to tell more.", where: "", prefix: "" },
  other: { loss: "Loss", more: "More rows tell more.", where: " on the other table", prefix: "measured-" },
};

/** @typedef {typeof ON[keyof typeof ON]} Kind */

/** Validation rows below which one that is answered otherwise moves a score by more than a point. */
const FEW_ROWS = 100;

/** @param {keyof ON} of  Which rows it is about. */
export function reportTables(of = "validation") {
  const kind = ON[of];
  const element = h("div", { id: `${kind.prefix}report`, class: "stack" });

  /** @param {Report|null} report @param {ScoreWords[]} table @param {On} [on] */
  function update(report, table, on = { rows: null }) {
    show(element, report !== null);
    if (!report) return fill(element);
    const { confusion, labels, task } = report;
    const matrix = confusion && confusionMatrix(labels, confusion, task === "tokens" ? "words" : "rows", kind);
    fill(
      element,
      scores(report, table, on, kind),
      fewRows(report, table, on.rows, kind),
      threshold(report, kind),
      matrix,
      report.per_class.length > 0 && perLabel(report, table, kind),
    );
  }

  return { element, update };
}

/**
 * The main score first and largest, the loss last.
 *
 * @param {Report} report @param {ScoreWords[]} table @param {On} on @param {Kind} kind
 */
function scores(report, table, on, { loss, prefix }) {
  const { metrics } = report;
  const sure = interval(report, table, on);
  const fact = (/** @type {string} */ name, /** @type {string} */ term, /** @type {string} */ sure = "") =>
    h(
      "div",
      {},
      h("dt", {}, term),
      h("dd", { id: `${prefix}final-${name.replaceAll("_", "-")}` }, showScore(describe(table, name), metrics[name])),
      sure !== "" && h("dd", { id: `${prefix}final-interval`, class: "interval" }, sure),
    );
  const named = scoreNames(metrics).map((name, at) => fact(name, titleOf(describe(table, name)), at === 0 ? sure : ""));
  return h("dl", { id: `${prefix}final`, class: "facts figures headline" }, ...named, fact("loss", loss));
}

/**
 * How sure the main score is: of a share of rows that are right one can tell from their number. Of other scores one must know
 * what each row came to; the model card has their intervals.
 *
 * @param {Report} report @param {ScoreWords[]} table @param {On} on @returns {string}
 */
function interval({ task, metrics }, table, { rows, interval: known }) {
  const share = metrics.accuracy;
  const isShare = task === "classification" && typeof share === "number" && rows;
  const ends = known ?? (isShare ? wilson(share, rows) : null);
  if (!ends) return "";
  const [low, high] = Array.isArray(ends) ? ends : [ends.low, ends.high];
  const first = describe(table, scoreNames(metrics)[0] ?? "loss");
  const words =
    first.form === "percent"
      ? `${(low * 100).toFixed(0)} to ${percent(high, 0)}`
      : `${showScore(first, low)} to ${showScore(first, high)}`;
  return `95\u00a0% interval ${words}`;
}

/** @param {Report} report @param {ScoreWords[]} table @param {number|null} rows @param {Kind} kind */
function fewRows({ metrics }, table, rows, { more, prefix }) {
  if (!rows || rows >= FEW_ROWS) return null;
  const [main = "loss"] = scoreNames(metrics);
  const few = describe(table, main).form === "percent" ? "a few points" : "a few hundredths";
  return h(
    "p",
    { id: `${prefix}few-rows`, class: "hint" },
    `Measured on ${counted(rows, "row")} only: differences of ${few} mean nothing. ${more}`,
  );
}

/** @param {Report} report @param {Kind} kind */
function threshold({ threshold }, { prefix }) {
  if (threshold === null || threshold === undefined) return null;
  const from = percent(threshold, 0);
  return h(
    "p",
    { id: `${prefix}threshold`, class: "hint" },
    `A row is given every label that the model finds at least ${from} likely; a row may get several, or none.`,
  );
}

/**
 * Entities are counted by type; tags that tell none, such as parts of speech, by word.
 *
 * @param {Report} report
 * @returns {Words}
 */
export function wordsFor({ task, labels, per_class }) {
  if (task !== "tokens") return { title: "Scores per label", head: "Label", unit: "Rows" };
  const plain = per_class.length === labels.length && per_class.every(({ label }, index) => label === labels[index]);
  return plain
    ? { title: "Scores per tag", head: "Tag", unit: "Words" }
    : { title: "Scores per type of entity", head: "Type", unit: "Entities" };
}

/** Of a label that no row has nothing can be said. @param {Report} report @param {ScoreWords[]} table @param {Kind} kind */
function perLabel(report, table, { prefix, where }) {
  const { title: words, head, unit } = wordsFor(report);
  const title = `${words}${where}`;
  // Only where a row may have several labels, and even then not for a label that no row has.
  const ranked = report.per_class.some(({ average_precision }) => typeof average_precision === "number");
  const heads = [head, "Precision", "Recall", "F1", ...(ranked ? ["Average precision"] : []), unit];
  /** @type {("precision"|"recall"|"f1"|"average_precision")[]} */
  const scored = ["precision", "recall", "f1", ...(ranked ? [/** @type {const} */ ("average_precision")] : [])];
  const rows = report.per_class.map((of) =>
    h(
      "tr",
      {},
      nameHead("row", of.label, 60),
      ...scored.map((name) => h("td", {}, showScore(describe(table, name), of.support > 0 ? of[name] : null))),
      h("td", {}, count(of.support)),
    ),
  );
  const scores = h(
    "table",
    { id: `${prefix}per-class`, class: "numbers-table" },
    h("caption", { class: "visually-hidden" }, title),
    h("thead", {}, h("tr", {}, ...heads.map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, ...rows),
  );
  return h(
    "div",
    { class: "stack tight" },
    h("h3", {}, title),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, scores),
  );
}
