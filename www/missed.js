// Rows that the model is wrong about, as a table that leaves. Pure.

import { csvOf } from "./csv.js";
import { between } from "./spans.js";

/** @typedef {import("./protocol.js").Miss} Miss */

/** @param {Miss[]} misses  One at least, all of one task. @returns {string} Their lines, texts, and what both say, as CSV. */
export function missesCsv(misses) {
  const rows = misses.map((miss) => {
    const said = /** @type {any} */ (miss.said);
    const texts = "context" in said ? [said.question, said.context] : [said.text, ...(said.pair ? [said.pair] : [])];
    return { texts, cells: [tableSays(miss), modelSays(said), miss.sure] };
  });
  const two = rows.some(({ texts }) => texts.length > 1);
  const [{ said, right }] = misses;
  const names = "context" in said ? ["question", "context"] : two ? ["text", "second_text"] : ["text"];
  const head = ["line", ...names, "table_says", "model_says", typeof right === "number" ? "off_by" : "how_sure"];
  const lines = rows.map(({ texts, cells }, at) => [misses[at].line, ...texts, ...cells]);
  return csvOf([head, ...lines]);
}

/** What the table says; lists as JSON. @param {Miss} miss */
function tableSays({ said, right }) {
  if ("tokens" in said) return marks(said.text, /** @type {any} */ (right));
  return typeof right === "object" ? JSON.stringify(right) : right;
}

/** @param {any} said */
function modelSays(said) {
  if ("tokens" in said) return marks(said.text, said.entities);
  if ("labels" in said) return JSON.stringify(said.labels);
  return said.answer ?? said.label ?? said.score;
}

/** @param {string} text @param {{start: number, end: number, label: string}[]} spans */
function marks(text, spans) {
  return JSON.stringify(spans.map(({ start, end, label }) => ({ start, end, label, text: between(text, start, end) })));
}
