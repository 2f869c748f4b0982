// How a file is to be read: what is offered, what was found, what is chosen, and names that tell two readings apart.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND, dialectOf, isSame, mayBeDelimited, titleOf } from "../../www/dialect.js";
import { byId, focusedIn, installPage, isShown, page } from "./page.js";

installPage();
const { dialectForm } = await import("../../www/panels/dialect.js");

/** @typedef {import("../../www/protocol.js").Dialect} Dialect */

/** @type {[string, string][]} */
const ENCODINGS = [
  ["UTF-8", "Unicode"],
  ["windows-1251", "Cyrillic"],
];
/** @type {Dialect} */
const FOUND = { worksheet: null, header: true, delimiter: "comma", encoding: "windows-1251" };

/** @param {string} [id] */
function stage(id = "d") {
  /** @type {Partial<Dialect>[]} */
  const chosen = [];
  const { element, update } = dialectForm(id, "Read it differently", (change) => chosen.push(change));
  const root = /** @type {import("./page.js").Element} */ (/** @type {unknown} */ (element));
  const words = (/** @type {string} */ field) =>
    byId(root, `${id}-${field}`)
      .all("option")
      .map((option) => option.textContent);
  return { root, chosen, words, update };
}

test("what was found is said, and what is chosen instead is asked for", () => {
  const { root, chosen, words, update } = stage();
  update(null, ENCODINGS, false);
  assert.equal(isShown(root, "d"), false);
  update({ asked: AS_FOUND, found: FOUND }, ENCODINGS, false);
  assert.equal(isShown(root, "d"), true);
  const hint = (/** @type {string} */ field) => byId(root, `d-${field}-hint`).textContent;
  assert.deepEqual(words("header"), ["Automatic", "Names of the columns", "A row of data"]);
  assert.deepEqual([hint("header"), hint("delimiter")], ["Found: Names of the columns.", "Found: Commas."]);
  assert.equal(hint("encoding"), "Found: Cyrillic (windows-1251).");
  assert.deepEqual(words("encoding"), ["Automatic", "Unicode (UTF-8)", "Cyrillic (windows-1251)"]);
  for (const [field, value] of [
    ["header", "no"],
    ["header", ""],
    ["delimiter", "none"],
    ["encoding", "UTF-8"],
    ["encoding", ""],
  ]) {
    byId(root, `d-${field}`).value = value;
    byId(root, `d-${field}`).fire("change");
  }
  assert.deepEqual(chosen, [
    { header: false },
    { header: null },
    { delimiter: "none" },
    { encoding: "UTF-8" },
    { encoding: null },
  ]);
});

test("a choice that could not be read goes back to what holds", () => {
  const { root, update } = stage();
  const asked = { ...AS_FOUND, header: false };
  update({ asked, found: { ...FOUND, header: false } }, ENCODINGS, false);
  assert.equal(byId(root, "d-header").value, "no");
  assert.equal(byId(root, "d-header-hint").textContent, "Whether the file names its columns.");
  byId(root, "d-encoding").value = "UTF-8";
  update({ asked, found: { ...FOUND, header: false } }, ENCODINGS, true);
  assert.deepEqual([byId(root, "d-encoding").value, byId(root, "d-encoding").disabled], ["UTF-8", true]);
  update({ asked, found: { ...FOUND, header: false } }, ENCODINGS, false);
  assert.deepEqual([byId(root, "d-encoding").value, byId(root, "d-encoding").disabled], ["", false]);
});

test("only what a format has a place for is asked, and everything of a file that could not be read", () => {
  const { root, update } = stage();
  const shown = () => ["header", "delimiter", "encoding"].filter((field) => isShown(root, `d-${field}`));
  const book = { ...AS_FOUND, worksheet: "One", header: true };
  update({ asked: AS_FOUND, found: book }, ENCODINGS, false);
  assert.deepEqual(shown(), ["header"]);
  update({ asked: AS_FOUND, found: { ...AS_FOUND, encoding: "UTF-8" } }, ENCODINGS, false);
  assert.deepEqual(shown(), ["encoding"]);
  assert.equal(isShown(root, "d"), true);
  update({ asked: AS_FOUND, found: AS_FOUND }, ENCODINGS, false);
  assert.equal(isShown(root, "d"), false, "a Parquet file has no place for any of it");
  update({ asked: AS_FOUND, found: null }, ENCODINGS, false);
  assert.deepEqual(shown(), ["header", "delimiter", "encoding"]);
  assert.equal(/** @type {any} */ (root).open, true, "whose file was not read need not look for it");
});

test("the focus comes back to the choice that was made", () => {
  const { root, update } = stage("focus");
  page.body.append(/** @type {any} */ (root));
  const reading = { asked: AS_FOUND, found: FOUND };
  update(reading, ENCODINGS, false);
  byId(root, "focus-encoding").focus();
  byId(root, "focus-encoding").fire("change");
  update(reading, ENCODINGS, true);
  update(reading, ENCODINGS, false);
  assert.equal(focusedIn(root), "focus-encoding");
});

test("readings of one file have names that tell them apart", () => {
  assert.equal(titleOf("a.csv", AS_FOUND), "a.csv");
  const said = /** @type {Dialect} */ ({ worksheet: "May", header: false, delimiter: "none", encoding: "Big5" });
  assert.equal(
    titleOf("a.csv", said),
    "a.csv, May, without column names, between cells: nothing: each row is one cell, Big5",
  );
  assert.equal(isSame(said, dialectOf({ .../** @type {any} */ ({ title: "a.csv" }), ...said })), true);
  assert.equal(isSame(said, AS_FOUND), false);
});

test("files of other formats are not offered to be read as delimited text", () => {
  for (const name of ["a.csv", "a.TXT", "a.dat", "noending"]) assert.equal(mayBeDelimited(name), true, name);
  for (const name of ["a.xlsx", "a.json", "a.JSONL", "a.zip"]) assert.equal(mayBeDelimited(name), false, name);
});
