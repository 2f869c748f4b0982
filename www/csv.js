// Rows as CSV that every spreadsheet opens, and none runs. Pure.

/** What a spreadsheet takes for the beginning of a formula, as src/export/csv.rs has it. */
const RISKY = /^[=+\-@\t\r\n＝＋－＠]/u;
/** With the marks of any country. */
const NUMBER = /^[+-]?(?=[.,]*\d)([\d.,]+|(\d+\.?\d*|\.\d+)e[+-]?\d+)$/iu;

/** @param {unknown[][]} rows @returns {string} */
export function csvOf(rows) {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** @param {unknown} value */
function cell(value) {
  const text = String(value);
  const harmless = RISKY.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
