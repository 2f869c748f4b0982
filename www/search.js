// What the page knows of a search: its runs, what each reached, in which order a table shows them. Pure.

import { csvOf } from "./csv.js";
import { plain } from "./format.js";
import { describe, scoreNames } from "./scores.js";

/**
 * @typedef {import("./protocol.js").Recipe} Recipe
 * @typedef {import("./protocol.js").EpochEvent} EpochEvent
 * @typedef {import("./protocol.js").RecipeField} RecipeField
 * @typedef {import("./protocol.js").ScoreWords} ScoreWords
 * @typedef {import("./run.js").RunState} RunState
 */

/**
 * @typedef {object} Row  A run of a search.
 * @property {number} trial
 * @property {Recipe} changes
 * @property {"running"|import("./protocol.js").TrialDoneEvent["state"]} state
 * @property {string|null} metric  What the runs are compared by; null while nothing is measured.
 * @property {number|null} score
 * @property {number} best_epoch
 * @property {number} seconds
 * @property {boolean} best        Of those that are over.
 * @property {string|null} mistake
 * @property {EpochEvent[]} epochs
 * @property {boolean} [again]     Made a second time, for its weights.
 */

/**
 * @typedef {object} Search
 * @property {number} total   Runs to make.
 * @property {Recipe} base    What the runs change.
 * @property {string[]} notes
 * @property {Row[]} rows
 * @property {Partial<RunState>|null} best  What was seen of the best run so far, to be shown at the end.
 */

/** @typedef {{key: string, down: boolean}} Order  What a table is sorted by: "trial", "score", "best_epoch", "seconds", "state" or a field. */

/** @param {import("./protocol.js").SearchInfo} info @param {Recipe} base @returns {Search} */
export function newSearch(info, base) {
  return { total: info.runs, base, notes: info.notes, rows: [], best: null };
}

/** @param {Search} search @param {import("./protocol.js").TrialStartedEvent} event @returns {Search} */
export function withStarted(search, { trial, changes, again }) {
  if (again) {
    const rows = search.rows.map((row) => (row.trial === trial ? { ...row, state: "running", again } : row));
    return { ...search, rows: /** @type {Row[]} */ (rows) };
  }
  /** @type {Row} */
  const row = {
    ...{ trial, changes, state: "running", metric: null, score: null, best_epoch: 0, seconds: 0 },
    ...{ best: false, mistake: null, epochs: [] },
  };
  return { ...search, rows: [...search.rows, row] };
}

/**
 * @param {Search} search
 * @param {import("./protocol.js").TrialDoneEvent} event
 * @param {Partial<RunState>} seen  What was seen of the run.
 * @returns {Search}
 */
export function withDone(search, { type: _, ...end }, seen) {
  const rows = search.rows.map((row) => {
    if (row.trial === end.trial) return { ...row, ...end, epochs: seen.epochs ?? [] };
    return end.best && row.best ? { ...row, best: false } : row;
  });
  return { ...search, rows, best: end.best ? seen : search.best };
}

/** @param {Search} search @returns {Row|undefined} */
export function bestRow({ rows }) {
  return rows.find(({ best }) => best);
}

/** @param {Search} search @returns {string[]} The fields that differ between the runs, in their order. */
export function variedFields({ rows }) {
  return [...new Set(rows.flatMap(({ changes }) => Object.keys(changes)))];
}

/** @param {Search} search @returns {string|null} What the runs are compared by; null while nothing is measured. */
export function metricOf({ rows }) {
  return rows.find(({ metric }) => metric !== null)?.metric ?? null;
}

/**
 * What the runs will be compared by, before the first of them is over, as the engine chooses it.
 *
 * @param {Recipe[string]} wanted  The recipe's metric.
 * @param {EpochEvent[]} epochs
 */
export function watchedIn(wanted, epochs) {
  const measured = epochs.find(({ validation }) => validation !== null)?.validation;
  if (!measured) return null;
  const names = scoreNames(measured);
  if (wanted === "loss" || names.length === 0) return "loss";
  return wanted === "macro_f1" && names.includes("macro_f1") ? "macro_f1" : names[0];
}

/** States in the order of a table that is sorted by them. */
const STATES = ["running", "completed", "stopped_early", "stopped", "failed"];

/** What each state is called. @type {Record<Row["state"], string>} */
export const STATE_WORDS = {
  running: "Running",
  completed: "Done",
  stopped_early: "Stopped early",
  stopped: "Stopped",
  failed: "Failed",
};

/**
 * The rows, of which the one under way has what it reached so far.
 *
 * @param {Row[]} rows
 * @param {EpochEvent[]} epochs  Of the run under way.
 * @param {string|null} metric   What the runs are compared by.
 * @returns {Row[]}
 */
export function soFar(rows, epochs, metric) {
  const best = epochs.findLast((epoch) => epoch.best && epoch.validation);
  if (!best || metric === null) return rows;
  // One that is made a second time has the score of the first.
  return rows.map((row) =>
    row.state === "running" && row.score === null
      ? { ...row, epochs, score: best.validation?.[metric] ?? null, best_epoch: best.epoch }
      : row,
  );
}

/**
 * The rows in this order; those that have nothing to be sorted by come last either way. Of equal scores the best run comes
 * first, then that of the lower loss, as the engine compares them; other equals stay as they were made.
 *
 * @param {Row[]} rows
 * @param {Order} order
 * @returns {Row[]}
 */
export function sorted(rows, { key, down }) {
  const sign = down ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [one, other] = [valueOf(a, key), valueOf(b, key)];
    if (one === null || other === null) return Number(one === null) - Number(other === null) || a.trial - b.trial;
    const compared = typeof one === "string" ? one.localeCompare(String(other)) : one - Number(other);
    return sign * compared || (key === "score" && amongEquals(a, b)) || a.trial - b.trial;
  });
}

/** @param {Row} a @param {Row} b @returns {number} Which of two runs with one score is the better one. */
function amongEquals(a, b) {
  const [one, other] = [lossOf(a), lossOf(b)];
  return Number(b.best) - Number(a.best) || (one < other ? -1 : one > other ? 1 : 0);
}

/** @param {Row} row @returns {number} On the validation rows, of the epoch that it kept; NaN where that is not known. */
function lossOf({ epochs, best_epoch }) {
  return epochs.find(({ epoch }) => epoch === best_epoch)?.validation?.loss ?? NaN;
}

/** @param {Row} row @param {string} key @returns {number|string|null} */
function valueOf(row, key) {
  if (key === "trial") return row.trial;
  if (key === "state") return STATES.indexOf(row.state);
  if (key === "score") return row.score;
  if (key === "seconds" && row.state === "running") return null;
  if (key === "best_epoch" || key === "seconds") return row.score === null ? null : row[key];
  const value = row.changes[key] ?? null;
  return typeof value === "boolean" ? Number(value) : value;
}

/** The order to begin with: as the runs are made, and at the end the best first. @param {boolean} over @param {ScoreWords} score @returns {Order} */
export function firstOrder(over, score) {
  return over ? { key: "score", down: score.higher_is_better } : { key: "trial", down: false };
}

/** @param {Recipe[string]|undefined} value @returns {string} As one types it; a dash where a run does not have it. */
export function showValue(value) {
  if (value === undefined) return "–";
  if (value === null) return "automatic";
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "number" ? plain(value) : value;
}

/**
 * The table for a spreadsheet: full figures, a line per run.
 *
 * @param {Search} search
 * @returns {string}
 */
export function csv(search) {
  const fields = variedFields(search);
  const head = ["run", ...fields, metricOf(search) ?? "score", "best_epoch", "seconds", "state", "best", "mistake"];
  const lines = search.rows.map((row) => [
    row.trial,
    ...fields.map((name) => row.changes[name] ?? ""),
    row.score ?? "",
    row.best_epoch,
    row.seconds,
    row.state,
    row.best,
    row.mistake ?? "",
  ]);
  return csvOf([head, ...lines]);
}

/** @param {Search} search @param {ScoreWords[]} table @returns {ScoreWords|null} */
export function scoreOf(search, table) {
  const name = metricOf(search);
  return name === null ? null : describe(table, name);
}
