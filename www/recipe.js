// The hyperparameter form as data: drafts to values, each bad draft with what is allowed. Pure.

import { plain } from "./format.js";
import { suggestionOf } from "./suggestion.js";
import { visible } from "./visible.js";

/**
 * @typedef {import("./protocol.js").RecipeField} RecipeField
 * @typedef {import("./protocol.js").Recipe} Recipe
 * @typedef {Record<string, string|boolean>} Draft
 */

/** @param {RecipeField[]} fields @param {Recipe} recipe @returns {Draft} */
export function draftOf(fields, recipe) {
  return Object.fromEntries(fields.map((field) => [field.name, draftValue(recipe[field.name])]));
}

/** @param {Recipe[string]|undefined} value @returns {string|boolean} */
function draftValue(value) {
  if (typeof value === "boolean") return value;
  if (value === null || value === undefined) return "";
  return typeof value === "number" ? plain(value) : value;
}

/** The recipe that one starts from: what suits the model and the data, or the defaults. @param {Pick<import("./state.js").RecipeState, "defaults"|"suggestions">} recipe @returns {Recipe} */
export function picked({ defaults, suggestions }) {
  return suggestions?.picked.recipe ?? defaults;
}

/** What the form holds for a method where nobody has changed anything. @param {Pick<import("./state.js").RecipeState, "defaults"|"suggestions">} recipe @param {string|boolean|undefined} method @returns {Recipe} */
export function baseline(recipe, method) {
  const found = suggestionOf(recipe.suggestions, method)?.recipe ?? picked(recipe);
  return method === undefined ? found : { ...found, method: String(method) };
}

/**
 * The draft for another method: what nobody has changed becomes what was picked for it.
 *
 * @param {Pick<import("./state.js").RecipeState, "fields"|"defaults"|"draft"|"suggestions">} form
 * @param {string|boolean} method
 * @returns {Draft}
 */
export function withMethod(form, method) {
  const { fields, draft } = form;
  const was = draftOf(fields, baseline(form, draft.method));
  const is = draftOf(fields, baseline(form, method));
  return Object.fromEntries(
    Object.entries(draft).map(([name, written]) => [name, written === was[name] ? (is[name] ?? written) : written]),
  );
}

/** @param {Pick<import("./state.js").RecipeState, "fields"|"draft">} form @param {Recipe} recipe @returns {boolean} Whether the form shows just this recipe. */
export function isDraftOf({ fields, draft }, recipe) {
  const same = draftOf(fields, recipe);
  return fields.every(({ name }) => draft[name] === same[name]);
}

/**
 * Whether a field has a part in what is trained: some belong to one method of training, some to one task.
 *
 * @param {Draft} draft
 * @param {import("./protocol.js").Task} task
 * @returns {(field: RecipeField) => boolean}
 */
export function usedBy(draft, task) {
  const among = (/** @type {string|string[]|null|undefined} */ names, /** @type {unknown} */ name) =>
    names === null || names === undefined || [names].flat().includes(String(name));
  return ({ for_method, for_task }) =>
    among(for_task, task) && (draft.method === undefined || among(for_method, draft.method));
}

/**
 * The recipe that a draft means. Fields with mistakes keep their default in `recipe`.
 *
 * @param {RecipeField[]} fields
 * @param {Recipe} defaults
 * @param {Draft} draft
 * @returns {{recipe: Recipe, mistakes: Record<string, string>}}
 */
export function readDraft(fields, defaults, draft) {
  /** @type {Recipe} */
  const recipe = { ...defaults };
  /** @type {Record<string, string>} */
  const mistakes = {};
  for (const field of fields) {
    const read = readField(field, draft[field.name]);
    if ("mistake" in read) mistakes[field.name] = read.mistake;
    else recipe[field.name] = read.value;
  }
  return { recipe, mistakes };
}

/**
 * @param {RecipeField} field
 * @param {string|boolean|undefined} written
 * @returns {{value: number|string|boolean|null}|{mistake: string}}
 */
export function readField(field, written) {
  if (field.kind === "switch") return { value: written === true };
  const text = typeof written === "string" ? written.trim() : "";
  if (field.kind === "choice") return { value: text };
  if (text === "" && field.optional) return { value: null };
  // A decimal comma is as clear as a point where it can be nothing else.
  const value = Number(/^[^.,]*,[^.,]*$/u.test(text) ? text.replace(",", ".") : text);
  const whole = field.kind === "integer";
  const fits = Number.isFinite(value) && (!whole || Number.isInteger(value));
  const { min = -Infinity, max = Infinity } = field;
  if (text === "" || !fits || value < min || value > max) return { mistake: allowed(field) };
  return { value };
}

/**
 * The fields as a model takes them: it reads no text beyond its positions.
 *
 * @param {RecipeField[]} fields
 * @param {import("./protocol.js").ModelInfo|null} model
 */
export function fieldsFor(fields, model) {
  const most = model?.max_length ?? Infinity;
  return fields.map((field) =>
    field.name === "max_length" && most < (field.max ?? Infinity) ? { ...field, max: most } : field,
  );
}

/**
 * What the open model does not take of a draft that is fine otherwise.
 *
 * @param {Pick<import("./state.js").RecipeState, "fields"|"draft">} form
 * @param {import("./protocol.js").ModelInfo|null} model
 * @returns {Record<string, string>} Field to sentence.
 */
export function beyondModel({ fields, draft }, model) {
  const narrowed = fieldsFor(fields, model).filter((field, at) => field !== fields[at]);
  const { mistakes } = readDraft(narrowed, {}, draft);
  const why = "The open model has positions for no more.";
  return Object.fromEntries(Object.entries(mistakes).map(([name, words]) => [name, `${words} ${why}`]));
}

/** @param {string|boolean|undefined} written @param {Recipe[string]} value @returns {boolean} Whether a field holds another value. */
function isChanged(written, value) {
  if (typeof value === "boolean") return written !== value;
  if (value === null) return written !== "" && written !== undefined;
  return typeof value === "number" ? written === "" || Number(written) !== value : written !== value;
}

/**
 * What a form holds that is not what it began with.
 *
 * @param {RecipeField[]} fields
 * @param {Draft} draft
 * @param {Recipe} base
 * @returns {{name: string, label: string, was: string, is: string}[]} With values in words.
 */
export function changesOf(fields, draft, base) {
  return fields
    .filter(({ name }) => isChanged(draft[name], base[name] ?? null))
    .map((field) => {
      const { name, label } = field;
      return { name, label, was: inWords(field, draftValue(base[name])), is: inWords(field, draft[name]) };
    });
}

/** @param {RecipeField} field @param {string|boolean|undefined} written @returns {string} "30", "on", "Full". */
export function inWords({ kind, choices, optional }, written) {
  if (kind === "switch") return written === true ? "on" : "off";
  const text = String(written ?? "").trim();
  // What comes after a colon explains the choice.
  if (kind === "choice") return choices?.find(([value]) => value === text)?.[1].split(":")[0] ?? text;
  return text === "" ? (optional ? "automatic" : "nothing") : visible(text, 20);
}

/** @param {RecipeField} field @returns {string} What a field takes. */
export function allowed(field) {
  const kind = field.kind === "integer" ? "a whole number" : "a number";
  const unit = field.unit === "" ? "" : ` ${field.unit}`;
  const empty = field.optional ? ", or nothing" : "";
  return `${field.label} takes ${kind} from ${plain(field.min ?? 0)} to ${plain(field.max ?? 0)}${unit}${empty}.`;
}
