// Rows that the model is wrong about: what the table says beside what the model says.

import { h } from "../dom.js";
import { count, counted, figure, percent } from "../format.js";
import { visible } from "../visible.js";
import { chips } from "./chips.js";
import { colorsOf, markedText } from "./marked.js";

/**
 * @typedef {import("../protocol.js").Miss} Miss
 * @typedef {import("../protocol.js").Misses} Misses
 * @typedef {import("../dom.js").Child} Child
 */

/** Characters of a text that are shown. */
const LIMIT = 240;
const LIMIT_OF_LABEL = 60;

/** How many there are, in words. @param {Misses} misses @param {import("../protocol.js").Side} side */
export function missesWords({ rows, wrong, found }, side) {
  const looked = `the ${counted(rows, "row")} ${side === "validation" ? "held out" : "that it was trained on"}`;
  const some = found.length < wrong ? `; ${count(found.length)} of them are shown` : "";
  if (wrong === 0) return `It is right about all of ${looked}.`;
  if (typeof found[0]?.right === "number") return `Of ${looked} those first that it is farthest off with${some}.`;
  return `It is wrong about ${count(wrong)} of ${looked}${some}.`;
}

/** @param {Miss[]} misses  One at least, all of one task. @param {string[]} labels  In order, for their colours. */
export function missTable(misses, labels) {
  const [{ said, right }] = misses;
  const colors = "tokens" in said ? colorsOf(labels, misses.flatMap(marksOf)) : new Map();
  const heads = [
    "Line",
    // Marked texts are read in the two columns themselves.
    "tokens" in said ? null : "context" in said ? "Question" : "Text",
    "Table says",
    "Model says",
    typeof right === "number" ? "Off by" : "How sure",
  ];
  const rows = misses.map((miss) =>
    h("tr", {}, ...cellsOf(miss, colors).map((cell) => cell !== null && h("td", { dir: "auto" }, cell))),
  );
  return h(
    "table",
    { class: "preview misses" },
    h("caption", { class: "visually-hidden" }, "Rows that the model is wrong about"),
    h("thead", {}, h("tr", {}, ...heads.map((words) => words !== null && h("th", { scope: "col" }, words)))),
    h("tbody", {}, ...rows),
  );
}

/** @param {Miss} miss @param {Map<string, number>} colors @returns {(Child|null)[]} In the order of the heads. */
function cellsOf({ line, said, right, sure }, colors) {
  const [place, how] = [count(line), percent(sure)];
  if ("tokens" in said) {
    const marked = (/** @type {import("./marked.js").Marked[]} */ spans) =>
      markedText(said.text, spans, colors, { limit: LIMIT });
    return [place, null, marked(/** @type {any} */ (right)), marked(said.entities), how];
  }
  if ("context" in said) {
    const answer = said.end > said.start ? visible(said.answer, LIMIT) : "No answer";
    const answers = /** @type {string[]} */ (right);
    return [place, visible(said.question, LIMIT), chips(answers, "No answer"), answer, how];
  }
  const text = textsOf(/** @type {any} */ (said));
  if ("labels" in said) {
    return [place, text, chips(/** @type {string[]} */ (right), "No label"), chips(said.labels, "No label"), how];
  }
  if ("score" in said) return [place, text, figure(Number(right)), figure(said.score), figure(sure)];
  const label = "label" in said ? said.label : "";
  return [place, text, visible(String(right), LIMIT_OF_LABEL), visible(label, LIMIT_OF_LABEL), how];
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
