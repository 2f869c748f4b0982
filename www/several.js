// The form for several runs as data: what is written in it, the plan that it means, and what is said of a bad value. Pure.

import { plain } from "./format.js";
import { allowed, readField, usedBy } from "./recipe.js";

/**
 * @typedef {import("./protocol.js").RecipeField} RecipeField
 * @typedef {import("./protocol.js").Recipe} Recipe
 * @typedef {import("./protocol.js").SearchPlan} SearchPlan
 * @typedef {import("./protocol.js").Task} Task
 * @typedef {import("./projects/record.js").AxisDraft} AxisDraft
 * @typedef {import("./projects/record.js").SeveralForm} SeveralForm
 * @typedef {SeveralForm["kind"]} Kind
 */

/**
 * @typedef {object} Judgement  What is to be said of the form.
 * @property {Record<string, string>} mistakes  By the hyperparameter's name, or "seeds", "runs", "search_seed",
 *   "fields" or "rows".
 * @property {number|null} runs      How many that makes; null while it is not known.
 *
 * @typedef {SeveralForm & Judgement} SeveralState
 */

/** Of these the order of magnitude matters. */
const LOGARITHMIC = ["learning_rate", "weight_decay", "inverse_regularization", "lora_alpha"];
/** What one varies first. */
const FIRST = ["learning_rate", "inverse_regularization", "epochs", "batch_size", "dropout"];
const MOST_RUNS = 256;

/** @type {SeveralState} */
export const ONE_RUN = {
  ...{ kind: "one", seeds: "3", draws: "12", search_seed: "0", stop_losers: true },
  ...{ axes: [], mistakes: {}, runs: null },
};

/**
 * A form that was kept, but for hyperparameters that there are none of; that of one run where none was kept.
 *
 * @param {SeveralForm|null} form
 * @param {RecipeField[]} fields
 * @returns {SeveralState}
 */
export function stateOf(form, fields) {
  const known = new Set(fields.map(({ name }) => name));
  return { ...ONE_RUN, ...form, axes: (form ?? ONE_RUN).axes.filter(({ field }) => known.has(field)) };
}

/** What is kept of it. @param {SeveralState} several @returns {SeveralForm} */
export function formOf({ mistakes: _mistakes, runs: _runs, ...form }) {
  return form;
}

/**
 * Hyperparameters that can be varied: those that the method uses, or one of the methods to be tried, but for the metric,
 * which the runs are compared by.
 *
 * @param {RecipeField[]} fields
 * @param {Record<string, string|boolean>} draft
 * @param {Task} task
 * @param {AxisDraft[]} axes
 */
export function variable(fields, draft, task, axes) {
  const methods = axes.find(({ field }) => field === "method")?.chosen ?? [];
  const used = [draft.method, ...methods].map((method) => usedBy({ ...draft, method }, task));
  return fields.filter((field) => field.name !== "metric" && used.some((by) => by(field)));
}

/** @param {RecipeField[]} offered @param {AxisDraft[]} axes @returns {RecipeField|null} The hyperparameter that one adds next. */
export function nextField(offered, axes) {
  const left = offered.filter(({ name }) => axes.every(({ field }) => field !== name));
  const first = FIRST.flatMap((name) => left.filter((field) => field.name === name));
  return first[0] ?? left[0] ?? null;
}

/**
 * A hyperparameter with values around the one that it has.
 *
 * @param {RecipeField} field
 * @param {string|boolean|undefined} written  Its value in the form.
 * @returns {AxisDraft}
 */
export function axisFor(field, written) {
  const { name, kind, min = 0, max = 1 } = field;
  const blank = { field: name, values: "", from: "", to: "", chosen: [] };
  if (kind === "switch") return { ...blank, chosen: ["true", "false"] };
  if (kind === "choice") return { ...blank, chosen: (field.choices ?? []).map(([value]) => value) };
  const read = readField(field, written);
  const value = "value" in read && typeof read.value === "number" ? read.value : null;
  if (value === null) return blank;
  const { values, from, to } = around(value, kind === "integer", LOGARITHMIC.includes(name), max);
  const fit = (/** @type {number} */ number) => Math.min(max, Math.max(min, Number(number.toPrecision(3))));
  const listed = [...new Set(values.map(fit))];
  return { ...blank, values: listed.map(plain).join(", "), from: plain(fit(from)), to: plain(fit(to)) };
}

/** @param {number} value @param {boolean} whole @param {boolean} logarithmic @param {number} max */
function around(value, whole, logarithmic, max) {
  if (whole) {
    const step = Math.max(1, value);
    return { values: [value, value + step], from: Math.floor(value / 2), to: value + step };
  }
  if (value === 0) return { values: [0, max / 100, max / 10], from: 0, to: max / 10 };
  if (logarithmic) return { values: [value / 2, value, value * 2], from: value / 4, to: value * 4 };
  if (value === max) return { values: [value * 0.8, value * 0.9, value], from: value * 0.7, to: value };
  return { values: [0, value, value * 2], from: 0, to: value * 2 };
}

/**
 * The plan that the form means; null with a mistake in it. Whether the engine can follow it is another question.
 *
 * @param {SeveralState} form
 * @param {RecipeField[]} fields
 * @returns {{plan: SearchPlan|null, mistakes: Record<string, string>}}
 */
export function planOf(form, fields) {
  /** @type {Record<string, string>} */
  const mistakes = {};
  if (form.kind === "one") return { plan: null, mistakes };
  if (form.kind === "seeds") {
    const runs = whole(form.seeds, 2, MOST_RUNS);
    if (runs === null) mistakes.seeds = `A whole number from 2 to ${MOST_RUNS}.`;
    return { plan: runs === null ? null : { kind: "seeds", runs }, mistakes };
  }
  const random = form.kind === "random";
  const axes = form.axes.flatMap((axis) => {
    const field = fields.find(({ name }) => name === axis.field);
    if (!field) return [];
    const read = random && isNumber(field) ? readRange(field, axis) : readValues(field, axis);
    if ("mistake" in read) mistakes[axis.field] = read.mistake;
    return "mistake" in read ? [] : [{ field: axis.field, ...read }];
  });
  if (form.axes.length === 0) mistakes.fields = "Add at least one hyperparameter to vary.";
  const runs = random ? whole(form.draws, 1, MOST_RUNS) : 1;
  if (runs === null) mistakes.runs = `A whole number from 1 to ${MOST_RUNS}.`;
  const seed = random ? whole(form.search_seed, 0, Number.MAX_SAFE_INTEGER) : 0;
  if (seed === null) mistakes.search_seed = `A whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`;
  if (Object.keys(mistakes).length > 0 || runs === null || seed === null) return { plan: null, mistakes };
  const rest = { fields: axes, stop_losers: form.stop_losers };
  return { plan: random ? { kind: "random", runs, seed, ...rest } : { kind: "grid", ...rest }, mistakes };
}

/** @param {RecipeField} field */
export function isNumber({ kind }) {
  return kind === "integer" || kind === "number";
}

/** @param {string} text @param {number} least @param {number} most */
function whole(text, least, most) {
  const value = /^\d+$/u.test(text.trim()) ? Number(text) : NaN;
  return value >= least && value <= most ? value : null;
}

/** @param {RecipeField} field @param {AxisDraft} axis @returns {{from: number, to: number}|{mistake: string}} */
function readRange(field, { from, to }) {
  const [low, high] = [from, to].map((text) => readField({ ...field, optional: false }, text));
  if ("mistake" in low) return low;
  if ("mistake" in high) return high;
  if (Number(low.value) > Number(high.value)) return { mistake: "The first number must not be above the second." };
  return { from: Number(low.value), to: Number(high.value) };
}

/** @param {RecipeField} field @param {AxisDraft} axis @returns {{values: (number|string|boolean|null)[]}|{mistake: string}} */
function readValues(field, { values, chosen }) {
  if (!isNumber(field)) {
    if (chosen.length === 0) return { mistake: "Tick at least one." };
    return { values: field.kind === "switch" ? chosen.map((word) => word === "true") : chosen };
  }
  const texts = listed(field, values);
  if (texts === null) {
    return { mistake: "Write decimals with a point, or put semicolons between the values: 0,001; 0,01." };
  }
  const read = texts.map((text) => readField({ ...field, optional: false }, text));
  const wrong = read.find((one) => "mistake" in one);
  if (wrong && "mistake" in wrong) return wrong;
  if (read.length === 0) return { mistake: `Write the values to try, with commas between them. ${allowed(field)}` };
  return { values: read.flatMap((one) => ("value" in one ? [one.value] : [])) };
}

/**
 * The values of a list, as they are written. Null where some of its commas are in decimals and others between values, which
 * only semicolons tell apart.
 *
 * @param {RecipeField} field @param {string} written
 */
function listed({ kind }, written) {
  const decimals = kind === "number" && /\d,\d/u.test(written);
  if (decimals && /^[\d,\s]+$/u.test(written) && /\s/u.test(written.trim())) return null;
  const between = decimals && written.includes(";") ? /;/u : /[\s,;]+/u;
  return written.split(between).filter((text) => text.trim() !== "");
}
