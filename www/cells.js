// Cells of a preview → labels, marked words and answers, as src/data/examples reads them, so that a person can read them,
// too. Only for display: what cannot be read is shown as it stands, and the engine says what is wrong with it. Pure.

import { between, characters } from "./spans.js";

/**
 * @typedef {{start: number, end: number, label: string}} Marked  Characters of a text, and their label.
 */

/** Keys of spans, as annotation tools write them. */
const START = ["start", "start_offset", "start_char"];
const END = ["end", "end_offset", "end_char"];
const LABEL = ["label", "labels", "type", "entity", "entity_type", "tag"];

/**
 * The JSON in a cell. A cell of a preview may be cut and end in an ellipsis: then a list is read up to its last whole item.
 *
 * @param {string} cell
 * @returns {unknown} undefined where it holds no list or object.
 */
export function jsonIn(cell) {
  const text = cell.trim();
  if (!/^[[{]/u.test(text)) return undefined;
  const whole = parsed(text);
  if (whole !== undefined || !text.startsWith("[") || !text.endsWith("…")) return whole;
  for (let comma = text.lastIndexOf(","); comma > 0; comma = text.lastIndexOf(",", comma - 1)) {
    const part = parsed(`${text.slice(0, comma)}]`);
    if (part !== undefined) return part;
  }
  return undefined;
}

/** @param {string} text @returns {unknown} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {unknown} value @returns {value is string|number|boolean} */
function isScalar(value) {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** @param {unknown} value @returns {string[]|null} The texts and numbers of a list, as texts. */
function texts(value) {
  return Array.isArray(value) && value.every(isScalar) ? value.map(String) : null;
}

/** @param {string} cell @param {string|null} separator @returns {string[]} The labels of a multi-label cell, none empty. */
export function labelsIn(cell, separator) {
  const given = texts(jsonIn(cell)) ?? (separator ? cell.split(separator) : [cell]);
  return given.map((label) => label.trim()).filter((label) => label !== "");
}

/** @param {string} cell @returns {string} The text of a cell that may be a list of words, which spaces then join. */
export function textIn(cell) {
  const words = texts(jsonIn(cell));
  if (!words) return cell;
  return words
    .map((word) => word.trim())
    .filter((word) => word !== "")
    .join(" ");
}

/**
 * The text of a row with tagged words, and what is marked in it: entities where the tags tell them, else each tagged word.
 *
 * @param {string} words
 * @param {string} tags
 * @returns {{text: string, marked: Marked[]}|null} Null where the cells cannot be read.
 */
export function markedWords(words, tags) {
  const value = jsonIn(tags);
  const spans = spansIn(value, words);
  if (spans && !(spans.length === 0 && texts(jsonIn(words)))) return { text: words, marked: spans };
  const names = texts(value) ?? (value === undefined ? tags.split(/\s+/u).filter((tag) => tag !== "") : null);
  if (!names) return null;
  const list = texts(jsonIn(words))?.map((word) => word.trim());
  const text = list ? list.filter((word) => word !== "").join(" ") : words;
  const places = list ? placesOfList(list) : placesOfText(words);
  const tagged = names.slice(0, places.length).map((tag, index) => ({ ...places[index], label: tag.trim() }));
  return { text, marked: entities(tagged.filter(({ start, end }) => end > start)) };
}

/** @param {string[]} words @returns {{start: number, end: number}[]} Places of words that single spaces join; empty for empty ones. */
function placesOfList(words) {
  let next = 0;
  return words.map((word) => {
    const start = next;
    const end = start + characters(word);
    if (end > start) next = end + 1;
    return { start, end };
  });
}

/** @param {string} text @returns {{start: number, end: number}[]} Places of the words between white space. */
function placesOfText(text) {
  return [...text.matchAll(/\S+/gu)].map((found) => {
    const start = characters(text.slice(0, found.index));
    return { start, end: start + characters(found[0]) };
  });
}

/** @param {string} tag @returns {{prefix: string, kind: string}} "B-PER" → B and PER; a tag without a prefix is its own kind. */
export function kindOf(tag) {
  const found = /^([BIESULM])-(.+)$/u.exec(tag);
  return found ? { prefix: found[1], kind: found[2] } : { prefix: "", kind: tag };
}

/**
 * Words with tags → marked spans: words of one entity together, words tagged O not at all.
 *
 * @param {Marked[]} words
 * @returns {Marked[]}
 */
export function entities(words) {
  /** @type {Marked[]} */
  const found = [];
  let open = false;
  for (const { start, end, label } of words) {
    const { prefix, kind } = kindOf(label);
    const last = found.at(-1);
    if (label === "O") {
      open = false;
      continue;
    }
    const goesOn = "IMEL".includes(prefix) && prefix !== "" && open && last?.label === kind;
    if (goesOn && last) found[found.length - 1] = { ...last, end };
    else found.push({ start, end, label: kind });
    open = !["", "E", "L", "S", "U"].includes(prefix);
  }
  return found;
}

/** @param {unknown} value @param {string} text @returns {Marked[]|null} The spans of a list, if it is one of spans. */
function spansIn(value, text) {
  if (typeof value !== "object" || value === null) return null;
  const { entities, spans } = /** @type {Record<string, unknown>} */ (value);
  const list = entities ?? spans ?? value;
  if (!Array.isArray(list)) return null;
  const read = list.map((span) => spanIn(span, text));
  return read.every((span) => span !== null) ? read : null;
}

/** @param {unknown} value @param {string} text @returns {Marked|null} */
function spanIn(value, text) {
  if (typeof value !== "object" || value === null) return null;
  const part = (/** @type {number} */ place, /** @type {string[]} */ keys) => {
    if (Array.isArray(value)) return value[place];
    const object = /** @type {Record<string, unknown>} */ (value);
    return object[keys.find((key) => object[key] !== undefined) ?? ""];
  };
  const [start, end, label] = [part(0, START), part(1, END), part(2, LABEL)];
  const name = Array.isArray(label) && label.length === 1 ? label[0] : label;
  if (!Number.isInteger(start) || !Number.isInteger(end) || !isScalar(name)) return null;
  const own = /** @type {{text?: unknown}} */ (value).text;
  return { ...placeOf(text, start, end, own), label: String(name) };
}

/**
 * Where a span stands in characters. Some tools count UTF-16 units, which what the span says of its own text betrays.
 *
 * @param {string} text @param {number} start @param {number} end @param {unknown} own  The span's own text, if it says it.
 */
function placeOf(text, start, end, own) {
  const units = typeof own === "string" && between(text, start, end) !== own && text.slice(start, end) === own;
  if (!units) return { start, end };
  const first = characters(text.slice(0, start));
  return { start: first, end: first + characters(text.slice(start, end)) };
}

/**
 * The answers in a cell, with their places in the context; those that are not found there have none.
 *
 * @param {string} cell
 * @param {string} context
 * @returns {{text: string, start: number, end: number}[]}
 */
export function answersIn(cell, context) {
  const value = jsonIn(cell);
  const given = value === undefined ? [{ text: cell, start: undefined }] : answersOf(value);
  return given.flatMap(({ text, start }) => {
    const answer = text.trim();
    if (answer === "") return [];
    const found = context.indexOf(answer);
    const at = start ?? (found < 0 ? -1 : characters(context.slice(0, found)));
    return [{ text: answer, start: at, end: at < 0 ? -1 : at + characters(answer) }];
  });
}

/** @param {unknown} value @returns {{text: string, start: number|undefined}[]} */
function answersOf(value) {
  if (Array.isArray(value)) return value.flatMap(answersOf);
  if (isScalar(value)) return [{ text: String(value), start: undefined }];
  if (typeof value !== "object" || value === null) return [];
  const { text, answer_start } = /** @type {Record<string, unknown>} */ (value);
  const many = (/** @type {unknown} */ part) => (Array.isArray(part) ? part : part === undefined ? [] : [part]);
  const starts = many(answer_start);
  return many(text).map((one, index) => ({ text: String(one), start: asPlace(starts[index]) }));
}

/** @param {unknown} value @returns {number|undefined} */
function asPlace(value) {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}
