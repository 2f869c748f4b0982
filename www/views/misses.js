// Rows that the model is wrong about: what the table says beside what the model says.

import { kindOf } from "../cells.js";
import { h } from "../dom.js";
import { count, counted, figure, percent } from "../format.js";
import { visible } from "../visible.js";
import { chips } from "./chips.js";
import { colorsOf, markedText } from "./marked.js";

/**
 * @typedef {import("../protocol.js").Miss} Miss
 * @typedef {import("../protocol.js").Misses} Misses
 * @typedef {import("../dom.js").Child} Child
 * @typedef {import("./marked.js").Marked} Marked
 */

/** Characters of a text that are shown. */
const LIMIT = 240;
const LIMIT_OF_LABEL = 60;

/** Which rows were looked at, after their number. */
const LOOKED = { validation: "held out", train: "that it was trained on", measured: "of the other table" };

/** How many there are, in words. @param {Misses} misses @param {import("../protocol.js").Side|"measured"} side */
export function missesWords({ rows, wrong, found }, side) {
  const looked = `the ${counted(rows, "row")} ${LOOKED[side]}`;
  const some = found.length < wrong ? `; ${count(found.length)} of them are shown` : "";
  if (wrong === 0) return `It is right about all of ${looked}.`;
  if (typeof found[0]?.right === "number") return `Of ${looked} those come first where it is farthest off${some}.`;
  return `It is wrong about ${count(wrong)} of ${looked}${some}.`;
}

/** @param {Miss[]} misses  One at least, all of one task. @param {string[]} labels  In order, for their colours. */
export function missTable(misses, labels) {
  const [{ said, right }] = misses;
  const colors = "tokens" in said ? colorsOf(kindsOf(labels), misses.flatMap(marksOf)) : new Map();
  const heads = [
    "Line",
    // Marked texts are read in the two columns themselves.
    "tokens" in said ? null : "context" in said ? "Question" : "Text",
    "Table says",
    "Model says",
    typeof right === "number" ? "Off by" : "How sure",
  ];
  // On a narrow screen cells stand below one another, which must not make it less of a table: hence the roles.
  const cell = (/** @type {Child|null} */ content, /** @type {number} */ column) =>
    content !== null && h("td", { role: "cell", dir: "auto", "data-head": heads[column] ?? "" }, content);
  const rows = misses.map((miss) => h("tr", { role: "row" }, ...cellsOf(miss, colors).map(cell)));
  const head = (/** @type {string|null} */ words) =>
    words !== null && h("th", { role: "columnheader", scope: "col" }, words);
  return h(
    "table",
    { class: "preview misses", role: "table" },
    h("caption", { class: "visually-hidden" }, "Rows that the model is wrong about"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads.map(head))),
    h("tbody", { role: "rowgroup" }, ...rows),
  );
}

/** @param {Miss} miss @param {Map<string, number>} colors @returns {(Child|null)[]} In the order of the heads. */
function cellsOf({ line, said, right, sure }, colors) {
  const [place, how] = [count(line), percent(sure)];
  if ("tokens" in said) {
    const spans = /** @type {Marked[]} */ (right);
    const around = firstDifference(spans, said.entities);
    const marked = (/** @type {Marked[]} */ of) => markedText(said.text, of, colors, { limit: LIMIT, around });
    return [place, null, marked(spans), marked(said.entities), how];
  }
  if ("context" in said) {
    const answer = said.end > said.start ? visible(said.answer, LIMIT) : "No answer";
    const answers = /** @type {string[]} */ (right);
    return [place, questionOf(said), chips(answers, "No answer"), answer, how];
  }
  const text = textsOf(/** @type {any} */ (said));
  if ("labels" in said) {
    return [place, text, chips(/** @type {string[]} */ (right), "No label"), chips(said.labels, "No label"), how];
  }
  if ("score" in said) return [place, text, numeral(Number(right)), numeral(said.score), numeral(sure)];
  const label = "label" in said ? said.label : "";
  return [place, text, visible(String(right), LIMIT_OF_LABEL), visible(label, LIMIT_OF_LABEL), how];
}

/** Kinds of entities that tags tell of, in their order. @param {string[]} labels */
function kindsOf(labels) {
  return [...new Set(labels.filter((label) => label !== "O").map((label) => kindOf(label).kind))];
}

/** Where two readings of a text part: the first span that only one of them has. @param {Marked[]} one @param {Marked[]} other */
function firstDifference(one, other) {
  const key = (/** @type {Marked} */ { start, end, label }) => `${start} ${end} ${label}`;
  const [ofOne, ofOther] = [one, other].map((spans) => new Set(spans.map(key)));
  const alone = [...one.filter((span) => !ofOther.has(key(span))), ...other.filter((span) => !ofOne.has(key(span)))];
  return alone.length > 0 ? Math.min(...alone.map(({ start }) => start)) : undefined;
}

/** A question above what is around the answer that was found in its context. @param {any} said @returns {Child} */
function questionOf({ question, context, start, end }) {
  const span = end > start ? [{ start, end, label: "answer" }] : [];
  return h(
    "div",
    { class: "stack tight" },
    h("p", { dir: "auto", text: visible(question, LIMIT) }),
    markedText(context, span, colorsOf(["answer"], []), { limit: LIMIT, named: false }),
  );
}

/** A number that stands below others. @param {number} value */
function numeral(value) {
  return h("span", { class: "numeral" }, figure(value));
}

/** The text, or both. @param {{text: string, pair?: string|null}} said @returns {Child} */
function textsOf({ text, pair }) {
  if (typeof pair !== "string") return visible(text, LIMIT);
  return h(
    "div",
    { class: "stack tight" },
    h("p", { dir: "auto", text: visible(text, LIMIT) }),
    h("p", { dir: "auto", text: visible(pair, LIMIT) }),
  );
}

/** @param {Miss} miss */
function marksOf({ said, right }) {
  return "tokens" in said ? [.../** @type {import("./marked.js").Marked[]} */ (right), ...said.entities] : [];
}
