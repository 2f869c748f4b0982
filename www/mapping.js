// What a mapping means for its task: the columns it reads, what is missing, and what the table looks like in words. Pure.

import { taskOf } from "./tasks.js";

/**
 * @typedef {import("./protocol.js").Mapping} Mapping
 * @typedef {import("./protocol.js").Task} Task
 * @typedef {import("./tasks.js").Role} Role
 */

const listed = new Intl.ListFormat("en");

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

/** @param {Mapping} mapping @returns {string|null} What is still to be chosen, as one sentence; null when nothing is. */
export function missing(mapping) {
  const lacking = taskOf(mapping.task).columns.filter(
    ({ role, none }) => none === undefined && columnOf(mapping, role) === "",
  );
  if (lacking.length === 0) return null;
  const columns = lacking.map(({ noun }) => `a column with the ${noun}`);
  return `This task needs ${listed.format(columns)}. Choose below, or pick another task.`;
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
