// How many runs a search makes, and how long they take at the speed of the last run. Pure.

import { counted, duration } from "./format.js";
import { readDraft } from "./recipe.js";
import { planOf } from "./several.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./run.js").RunState} RunState
 * @typedef {import("./protocol.js").DatasetInfo} DatasetInfo
 * @typedef {(field: string) => number[]} Values  Of a hyperparameter, in all the runs.
 */

/** Methods whose time goes by the rows that they see. Others encode texts once, keep what they encoded, or draw pairs. */
const BY_ROWS = ["full", "lora", "probe"];
/** What changes the time of a step by as much as nobody can tell from here. */
const OTHER_STEPS = ["method", "frozen_layers", "gradient_checkpointing", "half_precision"];
/** Tokens of a text that are read where the recipe says nothing, as src/session/start.rs has it. */
const DEFAULT_LENGTH = { answers: 384, others: 128 };

/** @param {number|null} runs @param {number|null} each  Seconds of a run. @returns {string} */
export function outlook(runs, each) {
  if (runs === null) return "";
  const words = runs === 1 ? "1 run." : `${counted(runs, "run")}, one after the other.`;
  if (each === null) return words;
  const one = runs === 1 ? "" : `, about ${time(each)} each`;
  return `${words} At the speed of the last run that takes about ${time(runs * each)}${one}.`;
}

/** @param {number} seconds */
function time(seconds) {
  return duration(Math.max(seconds, 1));
}

/** @param {State} state @returns {string} What the form of one run comes to in its place; empty where nobody can tell. */
export function outlookOfOne(state) {
  const each = state.several.kind === "one" ? secondsEach(state) : null;
  return each === null ? "" : ` At the speed of the last run, this takes about ${time(each)}.`;
}

/**
 * How long a run takes that the form asks for, of several on average.
 *
 * @param {State} state
 * @returns {number|null} Seconds; null where no run was timed that says it: one here, of the same model and method, on texts
 *   that are as long.
 */
export function secondsEach(state) {
  const { run, recipe, model, data } = state;
  const { done, step, info, subject, stored } = run;
  // A run that was kept may have been made on another machine.
  if (!done || !step || !info || !subject || stored || !model.info || !data.dataset) return null;
  if (
    subject.model !== model.info.name ||
    subject.method !== recipe.draft.method ||
    !BY_ROWS.includes(subject.method)
  ) {
    return null;
  }
  const values = valuesOf(state);
  if (!values) return null;
  const now = data.dataset.info;
  const tokens = tokensPerRow(run, now, values("max_length"), model.info.max_length);
  if (tokens === null) return null;
  const rows = now.hash === subject.data ? info.train : now.train;
  const epochs = mean(values("epochs"));
  const work = (rows * epochs * tokens) / step.tokens;
  // Few rows per step are computed less well: the number of steps says it then. Many are computed no faster than that.
  const times = values("batch_size").flatMap((size) =>
    values("accumulation").map((batches) => {
      const steps = Math.ceil(Math.ceil(rows / size) / (batches || 1)) * epochs;
      return Math.max(work, steps / done.steps);
    }),
  );
  const seconds = done.seconds * mean(times);
  return seconds > 0 && Number.isFinite(seconds) ? seconds : null;
}

/** What the form of several runs varies, and of all else the form of one. @param {State} state @returns {Values|null} */
function valuesOf({ recipe, several }) {
  const { plan } = planOf(several, recipe.fields);
  if (!plan && several.kind !== "one") return null;
  const base = readDraft(recipe.fields, recipe.defaults, recipe.draft).recipe;
  const axes = plan && plan.kind !== "seeds" ? plan.fields : [];
  if (axes.some(({ field }) => OTHER_STEPS.includes(field))) return null;
  return (name) => {
    const axis = axes.find(({ field }) => field === name);
    if (!axis) return [Number(base[name] ?? 0)];
    return "values" in axis ? axis.values.map(Number) : [axis.from, axis.to];
  };
}

/**
 * @param {RunState} run
 * @param {DatasetInfo} now
 * @param {number[]} lengths   Maximum lengths of the runs; 0 where the form says none.
 * @param {number} positions   Of the model.
 * @returns {number|null}  Tokens of a row, without padding; null where nobody can tell how much of the texts is cut.
 */
function tokensPerRow({ info, subject, step }, now, lengths, positions) {
  if (!info || !subject || !step) return null;
  const usual = Math.min(now.task === "answers" ? DEFAULT_LENGTH.answers : DEFAULT_LENGTH.others, positions);
  const read = lengths.map((length) => length || usual);
  const same = now.hash === subject.data;
  if (same && read.every((length) => length === info.max_length)) return step.tokens / step.examples;
  const { longest_tokens: longest, mean_tokens: mean } = now;
  if (longest === null || mean === null || now.counted_to !== null || read.some((length) => length < longest))
    return null;
  return same && info.max_length >= longest ? step.tokens / step.examples : mean;
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
