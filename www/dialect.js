// How a table file is to be read, as far as the user says so. Pure.

import { visible } from "./visible.js";

/** @typedef {import("./protocol.js").Dialect} Dialect */

/** Everything is found out. @type {Dialect} */
export const AS_FOUND = { worksheet: null, header: null, delimiter: null, encoding: null };

/** What stands between cells, in words. @type {Record<NonNullable<Dialect["delimiter"]>, string>} */
export const DELIMITERS = {
  comma: "Commas",
  semicolon: "Semicolons",
  tab: "Tabs",
  pipe: "Pipes |",
  none: "Nothing: each row is one cell",
};

const PARTS = /** @type {(keyof Dialect)[]} */ (Object.keys(AS_FOUND));

/** Only what is said of the file, of something that says more. @param {Dialect} of @returns {Dialect} */
export function dialectOf({ worksheet, header, delimiter, encoding }) {
  return { worksheet, header, delimiter, encoding };
}

/** @param {Dialect} one @param {Dialect} other */
export function isSame(one, other) {
  return PARTS.every((part) => one[part] === other[part]);
}

/**
 * The name of a file, and what is said of it, so that two readings of one file can be told apart.
 *
 * @param {string} name @param {Dialect} dialect
 */
export function titleOf(name, { worksheet, header, delimiter, encoding }) {
  const said = [
    worksheet && visible(worksheet, 40),
    header !== null && (header ? "with column names" : "without column names"),
    delimiter && `between cells: ${DELIMITERS[delimiter].toLowerCase()}`,
    encoding,
  ];
  return [name, ...said.filter(Boolean)].join(", ");
}

/** Whether a file that could not be read may be delimited text, by its name. @param {string} name */
export function mayBeDelimited(name) {
  return !/\.(xlsx|xlsm|xls|json|jsonl|ndjson|zip|pdf|parquet|docx?)$/iu.test(name);
}
