// What a mapping means for its task: the columns it reads, what is missing or wrong, and what the table looks like in words.
// Pure.

import { taskOf } from "./tasks.js";

/**
 * @typedef {import("./protocol.js").Mapping} Mapping
 * @typedef {import("./protocol.js").Task} Task
 * @typedef {import("./tasks.js").ColumnSpec} ColumnSpec
 * @typedef {import("./tasks.js").Role} Role
 * @typedef {keyof typeof HELD} Held  A field that is written in.
 * @typedef {Pick<Mapping, "split"|"validation_share"|"seed">} HeldBack
 */

const listed = new Intl.ListFormat("en");

/** The fields for what is held back, as the form calls them. */
export const HELD = { share: "Validation share", seed: "Split seed" };
const MOST_SHARE = 90;

/**
 * What is held back, as the form has it. What cannot be read stays as it was, and where a column says which rows are held
 * back, neither share nor seed is asked.
 *
 * @param {Record<Held, string>} written
 * @param {string|null} split
 * @param {HeldBack} before
 * @returns {{rest: HeldBack, mistakes: Partial<Record<Held, string>>}}
 */
export function readHeld(written, split, { validation_share, seed }) {
  const before = { split, validation_share, seed };
  if (split !== null) return { rest: before, mistakes: {} };
  const share = written.share.trim() === "" ? NaN : Number(written.share.replace(",", "."));
  const whole = /^\d+$/u.test(written.seed.trim()) ? Number(written.seed) : NaN;
  const shareFits = share >= 0 && share <= MOST_SHARE;
  const seedFits = whole <= Number.MAX_SAFE_INTEGER;
  return {
    rest: {
      split,
      validation_share: shareFits ? share / 100 : before.validation_share,
      seed: seedFits ? whole : before.seed,
    },
    mistakes: {
      ...(shareFits ? {} : { share: `A number from 0 to ${MOST_SHARE}; 10 is usual.` }),
      ...(seedFits ? {} : { seed: "A whole number of 0 or more." }),
    },
  };
}

/** @param {Mapping} mapping @param {Role} role @returns {string} The column's name; empty where there is none. */
export function columnOf(mapping, role) {
  return mapping[role] ?? "";
}

/** @param {Mapping} mapping @param {string} name @returns {import("./tasks.js").ColumnSpec|undefined} What a column is to the task. */
export function roleOf(mapping, name) {
  return taskOf(mapping.task).columns.find(({ role }) => name !== "" && columnOf(mapping, role) === name);
}

/**
 * The mapping that a form means: columns that its task does not read are left out.
 *
 * @param {Mapping} before
 * @param {Partial<Record<Role, string>>} chosen  Names; empty for none.
 * @param {Partial<Mapping>} rest
 * @returns {Mapping}
 */
export function withColumns(before, chosen, rest) {
  const { task } = before;
  const named = (/** @type {Role} */ role) =>
    taskOf(task).columns.some((column) => column.role === role) ? (chosen[role] ?? "") : "";
  const [pair, negative] = [named("pair"), named("negative")];
  return {
    ...before,
    ...rest,
    text: named("text"),
    pair: pair === "" ? null : pair,
    label: named("label"),
    negative: negative === "" ? null : negative,
    separator: task === "multi_label" ? (rest.separator ?? null) : null,
  };
}

/**
 * @param {Mapping} mapping
 * @param {import("./protocol.js").TableInfo|null} table
 * @returns {string|null} What is still to be chosen, as a sentence or two; null when nothing is.
 */
export function missing(mapping, table) {
  const needed = taskOf(mapping.task).columns.filter(({ none }) => none === undefined);
  const lacking = needed.filter(({ role }) => columnOf(mapping, role) === "");
  const columns = (/** @type {ColumnSpec[]} */ specs) =>
    listed.format(specs.map(({ noun }) => `a column with the ${noun}`));
  if (table?.columns.length === 1 && needed.length > 1) return onlyOne(table, columns(needed));
  return lacking.length === 0 ? null : `This task needs ${columns(lacking)}. Choose below, or pick another task.`;
}

/** @param {import("./protocol.js").TableInfo} table @param {string} columns */
function onlyOne({ format }, columns) {
  const separate = format.startsWith("JSON") ? "" : ", separated by comma, semicolon, tab or pipe";
  const alone = `To learn from texts alone, pick “${taskOf("language").title}”`;
  return `The table has only one column, but this task needs ${columns}${separate}. ${alone}.`;
}

/**
 * The columns of the form that a mistake is about. Where two are the same the later one is, as the sentence has it.
 *
 * @param {Mapping} mapping
 * @param {import("./protocol.js").Mistake|null} mistake
 * @returns {(Role|"split")[]}
 */
export function blamed(mapping, mistake) {
  // What names a file is about a table that is not open.
  if (!mistake || mistake.kind !== "table" || mistake.name) return [];
  const { columns } = taskOf(mapping.task);
  if (mistake.column === undefined) {
    const open = columns.filter(({ role, none }) => none === undefined && columnOf(mapping, role) === "");
    return open.map(({ role }) => role);
  }
  if (mapping.split === mistake.column) return ["split"];
  const last = columns.findLast(({ role }) => columnOf(mapping, role) === mistake.column);
  return last ? [last.role] : [];
}

/** @param {Mapping} guess @returns {string} What a table looks like: "pairs of texts with a label". */
export function looksLike({ task, pair, label, negative }) {
  const texts = pair ? "pairs of texts" : "texts";
  switch (task) {
    case "classification":
      return `${texts} with a label`;
    case "multi_label":
      return `${texts} with any number of labels`;
    case "regression":
      return `${texts} with a score`;
    case "tokens":
      return "texts with marked words";
    case "answers":
      return "questions with contexts and answers";
    case "embedding":
      if (negative) return "texts with one that means the same and one that does not";
      return label ? "pairs of texts with a score of how alike they are" : "pairs of texts that belong together";
    case "language":
      return "plain texts";
  }
}

/** @param {Mapping} mapping @returns {string} The columns in use: “a” as text and “b” as label. @param {(name: string) => string} shorten */
export function columnsInWords(mapping, shorten) {
  const used = taskOf(mapping.task).columns.filter(({ role }) => columnOf(mapping, role) !== "");
  return listed.format(used.map(({ role, noun }) => `“${shorten(columnOf(mapping, role))}” as ${noun}`));
}
