// Trying a model: which boxes its task has, what a row of the data puts into them, and what is asked of the engine. Pure.

import { textIn } from "./cells.js";
import { counted } from "./format.js";
import { columnOf } from "./mapping.js";

/**
 * @typedef {import("./protocol.js").Task} Task
 * @typedef {import("./state.js").State} State
 * @typedef {{task: Task, pair: "no"|"maybe"|"yes", labels: string[], threshold: number|null}} Trial
 *   `pair`: whether there is a second box; `labels` in order, for their colours.
 */

/** What stands for a word that the model should guess. */
export const HIDDEN = "[MASK]";

/** Tasks that may read two texts. */
const OF_PAIRS = /** @type {Task[]} */ (["classification", "multi_label", "regression"]);

/**
 * What can be tried: the result of the last run or, as long as no engine has had one, the open checkpoint's own head.
 *
 * @param {Pick<State, "run"|"model"|"dead"|"had_result">} state
 * @returns {Trial|null}
 */
export function trialOf({ run, model, dead, had_result }) {
  if (run.status === "done" && run.subject) {
    const { task, pairs } = run.subject;
    const report = run.done?.report;
    const labels = report?.per_class.map(({ label }) => label) ?? [];
    return { task, pair: pairFor(task, pairs), labels, threshold: report?.threshold ?? null };
  }
  const task = headOf(model.info);
  if (dead || had_result || !task) return null;
  // Whether the head was trained on pairs stands nowhere in a checkpoint.
  const pair = OF_PAIRS.includes(task) ? "maybe" : pairFor(task, false);
  return { task, pair, labels: model.info?.labels ?? [], threshold: null };
}

/** @param {import("./protocol.js").ModelInfo|null} info @returns {Task|null} */
export function headOf(info) {
  return info?.task ?? (info?.labels ? "classification" : null);
}

/** @param {Task} task @param {boolean} pairs @returns {"no"|"yes"} */
function pairFor(task, pairs) {
  if (task === "answers" || task === "embedding") return "yes";
  return OF_PAIRS.includes(task) && pairs ? "yes" : "no";
}

/**
 * What is sent for the texts of the boxes. Two texts to be compared are two texts with a vector each, not a pair.
 *
 * @param {Task} task @param {string} text @param {string|null} pair
 * @returns {import("./protocol.js").PredictRequest}
 */
export function requestFor(task, text, pair) {
  if (task === "embedding") return { texts: [text, pair ?? ""], pairs: null };
  return { texts: [text], pairs: pair === null ? null : [pair] };
}

/**
 * Rows of the preview for the boxes; rows that lack a text that is needed are left out.
 *
 * @param {State["data"]} data @param {Trial} trial
 * @returns {{text: string, pair: string|null}[]}
 */
export function rowsFor({ table, mapping }, { task, pair }) {
  if (!table || !mapping) return [];
  const place = (/** @type {string} */ name) => table.columns.findIndex((column) => column.name === name);
  const first = place(mapping.text);
  const second = place(columnOf(mapping, "pair"));
  if (pair === "yes" && second < 0) return [];
  const rows = table.preview.map((cells) => {
    const text = mapping.task === "tokens" ? textIn(cells[first] ?? "") : (cells[first] ?? "");
    return {
      text: task === "language" ? hideWord(text) : text,
      pair: pair !== "no" && second >= 0 ? (cells[second] ?? "") : null,
    };
  });
  return rows.filter(({ text, pair }) => text.trim() !== "" && pair?.trim() !== "");
}

/** @param {string} text @returns {string} The text with its first longest word hidden, unless one is hidden already. */
export function hideWord(text) {
  if (/\[MASK\]|<mask>/u.test(text)) return text;
  const words = [...text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)];
  const longest = words.reduce((best, word) => (word[0].length > (best?.[0].length ?? 0) ? word : best), words[0]);
  if (!longest) return text;
  return `${text.slice(0, longest.index)}${HIDDEN}${text.slice(longest.index + longest[0].length)}`;
}

/**
 * Cosine of the angle between two vectors, from −1 to 1; NaN where one has no length.
 *
 * @param {number[]} one @param {number[]} other
 */
export function cosine(one, other) {
  const dot = (/** @type {number[]} */ left, /** @type {number[]} */ right) =>
    left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}

/**
 * What is to be said where a model did not read texts to their end.
 *
 * @param {import("./protocol.js").Cut} cut @param {"texts"|"rows"} noun @returns {string} Nothing where it read all.
 */
export function cutWords({ texts, tokens }, noun) {
  if (texts === 0) return "";
  const which = noun === "texts" && texts === 1 ? "the text" : counted(texts, noun === "rows" ? "row" : "text");
  return `Only the first ${counted(tokens, "token")} of ${which} were read: this model takes no more.`;
}
