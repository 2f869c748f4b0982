// What the scores of a run are called, how they are shown and which is the better one, from the engine's own table. Pure.

import { compact, loss, percent, plain, small, wide } from "./format.js";

/**
 * @typedef {import("./protocol.js").ScoreWords} ScoreWords
 * @typedef {import("./protocol.js").Metrics} Metrics
 */

/** Scores that a table of epochs has columns for, the main one first. */
export const MOST_IN_TABLE = 3;

/** @param {ScoreWords[]} table @param {string} name @returns {ScoreWords} For a score that the table lacks, its bare name. */
export function describe(table, name) {
  const known = table.find((score) => score.name === name);
  return known ?? { name, words: name.replaceAll("_", " "), form: "number", higher_is_better: true };
}

/** @param {Metrics} metrics @returns {string[]} Names of the scores, the main one first; the loss is none. */
export function scoreNames(metrics) {
  return Object.keys(metrics).filter((name) => name !== "loss");
}

/** @param {ScoreWords} score @param {number|null|undefined} value @returns {string} "93.4 %", "0.934"; a dash where it is not defined. */
export function showScore({ name, form, higher_is_better }, value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (name === "loss") return loss(value);
  if (form === "percent") return percent(value);
  // A perplexity may be anything, and infinite where a loss is large.
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Math.abs(value) >= 1000) return wide(value);
  return higher_is_better ? value.toFixed(3) : small(value, 3);
}

/** @param {ScoreWords} score @param {number} value @returns {string} Beside an axis: "12.5 %", "0.125". */
export function showTick({ form }, value) {
  if (form === "percent") return `${plain(Number((value * 100).toPrecision(6)))}\u00a0%`;
  // Labels of more than four digits would be cut off at the axis.
  return Math.abs(value) < 1e4 ? plain(Number(value.toPrecision(6))) : compact(value);
}

/** @param {ScoreWords} score @returns {string} Its words as they begin a line: "Macro-F1". */
export function titleOf({ words }) {
  return words.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}

/** @param {ScoreWords} score @returns {string} */
export function direction({ higher_is_better }) {
  return higher_is_better ? "higher is better" : "lower is better";
}

/**
 * @typedef {object} Scored  The main score of an epoch.
 * @property {number} epoch
 * @property {number} step
 * @property {number} value
 * @property {number} loss   On the validation rows.
 * @property {boolean} best  Whether the engine marked the epoch: its weights are the ones that are kept.
 */

/**
 * The main score of each epoch that has one.
 *
 * @param {import("./protocol.js").EpochEvent[]} epochs
 * @returns {{name: string, values: Scored[]}|null}
 */
export function mainScores(epochs) {
  const first = epochs.find(({ validation }) => validation && scoreNames(validation).length > 0)?.validation;
  if (!first) return null;
  const [name] = scoreNames(first);
  const values = epochs.flatMap(({ epoch, step, validation, best }) => {
    const value = validation?.[name];
    return value === null || value === undefined ? [] : [{ epoch, step, value, loss: validation?.loss ?? NaN, best }];
  });
  return { name, values };
}

/**
 * The epoch that the engine marked as the best one. Where it marked none of these, its rule: the better score, of equal ones
 * that of the lower loss, and of those the first.
 *
 * @param {Scored[]} values
 * @param {ScoreWords} score
 * @returns {Scored|null}
 */
export function bestOf(values, { higher_is_better }) {
  const marked = values.findLast(({ best }) => best);
  if (marked) return marked;
  const sign = higher_is_better ? 1 : -1;
  return values.reduce(
    (best, one) => (best && !beats(sign * one.value, one.loss, sign * best.value, best.loss) ? best : one),
    /** @type {Scored|null} */ (null),
  );
}

/** @param {number} value  More is better. @param {number} loss @param {number} other @param {number} otherLoss */
function beats(value, loss, other, otherLoss) {
  return value > other || (value === other && loss < otherLoss);
}

/** The 97.5 % point of the normal distribution. */
const Z = 1.959963984540054;

/**
 * Wilson's 95 % interval of a share (Wilson 1927), as src/eval/interval.rs has it.
 *
 * @param {number} share  Of right answers.
 * @param {number} of     Answers.
 * @returns {{low: number, high: number}}
 */
export function wilson(share, of) {
  const denominator = 1 + Z ** 2 / of;
  const centre = (share + Z ** 2 / (2 * of)) / denominator;
  const half = (Z / denominator) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  return { low: Math.max(centre - half, 0), high: Math.min(centre + half, 1) };
}
