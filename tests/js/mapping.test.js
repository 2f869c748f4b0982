// What a mapping means for each task: its columns, what is missing, and the guess in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND } from "../../www/dialect.js";
import { blamed, columnsInWords, looksLike, missing, readHeld, roleOf, withColumns } from "../../www/mapping.js";
import { TASKS, taskOf } from "../../www/tasks.js";

/** @typedef {import("../../www/protocol.js").Mapping} Mapping */

/** @param {Partial<Mapping>} more @returns {Mapping} */
function mapping(more) {
  return {
    ...{ task: "classification", text: "a", pair: null, label: "b", negative: null, separator: null },
    ...{ split: null, validation_share: 0.1, seed: 0 },
    ...more,
  };
}

const ALL = { text: "t", pair: "p", label: "l", negative: "n" };

test("every task of the engine is offered once", () => {
  assert.deepEqual(
    TASKS.map(({ task }) => task),
    ["classification", "multi_label", "regression", "tokens", "answers", "embedding", "language"],
  );
});

test("only the columns of the task are sent", () => {
  const sent = (/** @type {Mapping["task"]} */ task) => {
    const { text, pair, label, negative, separator } = withColumns(mapping({ task }), ALL, { separator: "|" });
    return [text, pair, label, negative, separator];
  };
  assert.deepEqual(sent("classification"), ["t", "p", "l", null, null]);
  assert.deepEqual(sent("multi_label"), ["t", "p", "l", null, "|"]);
  assert.deepEqual(sent("regression"), ["t", "p", "l", null, null]);
  assert.deepEqual(sent("tokens"), ["t", null, "l", null, null]);
  assert.deepEqual(sent("answers"), ["t", "p", "l", null, null]);
  assert.deepEqual(sent("embedding"), ["t", "p", "l", "n", null]);
  assert.deepEqual(sent("language"), ["t", null, "", null, null]);
});

test("a column that was left out is none, and the rest of the form comes along", () => {
  const rest = { split: "side", validation_share: 0.2, seed: 7 };
  const sent = withColumns(mapping({ task: "embedding" }), { text: "t", pair: "p", label: "", negative: "" }, rest);
  assert.deepEqual(sent, mapping({ ...rest, task: "embedding", text: "t", pair: "p", label: "" }));
});

/** @param {string} format @param {...string} names @returns {import("../../www/protocol.js").TableInfo} */
function table(format, ...names) {
  const columns = names.map((name) => ({ name, distinct: 1, empty: 0, mean_characters: 1 }));
  return {
    name: "t",
    format,
    rows: 1,
    columns,
    preview: [],
    mapping: mapping({}),
    notes: [],
    worksheets: [],
    dialect: AS_FOUND,
  };
}

test("what is still to be chosen is said by its noun", () => {
  const lacking = (/** @type {Partial<Mapping>} */ more) => missing(mapping(more), table("CSV", "a", "b", "c"));
  assert.equal(lacking({}), null);
  assert.equal(lacking({ task: "language", label: "" }), null);
  assert.equal(lacking({ task: "embedding", label: "", pair: "c" }), null);
  assert.match(lacking({ task: "embedding", label: "" }) ?? "", /a column with the close text\./u);
  assert.match(
    lacking({ task: "answers", label: "" }) ?? "",
    /a column with the context and a column with the answers\./u,
  );
});

test("a table of one column is told what can be learned from it, and of separators only where it has some", () => {
  const alone = mapping({ text: "a", label: "a" });
  const words = (/** @type {string} */ format) => missing(alone, table(format, "a")) ?? "";
  assert.match(words("CSV, comma, UTF-8"), /only one column.*with the label, separated by comma.*“More reading”\.$/u);
  assert.match(words("JSON Lines, UTF-8"), /only one column.*“More reading”\.$/u);
  assert.doesNotMatch(words("JSON Lines, UTF-8"), /separated/u);
  assert.equal(missing(mapping({ task: "language", label: "" }), table("CSV", "a")), null);
});

test("a mistake is blamed on the columns of the form that it is about", () => {
  const wrong = (/** @type {Partial<Mapping>} */ more, /** @type {object} */ place) =>
    blamed(mapping(more), { kind: "table", message: "No.", ...place });
  assert.deepEqual(wrong({}, { column: "b" }), ["label"]);
  assert.deepEqual(wrong({ label: "a" }, { column: "a" }), ["label"], "the later one of two");
  assert.deepEqual(wrong({ split: "b" }, { column: "b" }), ["split"]);
  assert.deepEqual(wrong({ task: "answers", label: "" }, {}), ["pair", "label"]);
  assert.deepEqual(wrong({}, {}), []);
  assert.deepEqual(wrong({ label: "" }, { name: "other.csv" }), [], "of a table that is not open");
  assert.deepEqual(blamed(mapping({ label: "" }), null), []);
});

test("what is held back is read field by field, and what cannot be read stays as it was", () => {
  const before = mapping({ validation_share: 0.2, seed: 3 });
  const read = (/** @type {string} */ share, /** @type {string} */ seed, split = /** @type {string|null} */ (null)) =>
    readHeld({ share, seed }, split, before);
  const mistaken = (/** @type {string} */ share, seed = "3") => Object.keys(read(share, seed).mistakes);
  assert.deepEqual(read("12,5", " 7 "), { rest: { split: null, validation_share: 0.125, seed: 7 }, mistakes: {} });
  for (const share of ["", " ", "abc", "95", "-1", "NaN"]) {
    assert.deepEqual(mistaken(share), ["share"], share);
    assert.deepEqual(read(share, "7").rest, { split: null, validation_share: 0.2, seed: 7 }, share);
  }
  for (const seed of ["", "1.5", "-1", "1e3", "99999999999999999999"]) assert.deepEqual(mistaken("5", seed), ["seed"]);
  assert.deepEqual(read("abc", "x", "side"), { rest: { split: "side", validation_share: 0.2, seed: 3 }, mistakes: {} });
});

test("columns are called what they are to the task", () => {
  const answers = mapping({ task: "answers", text: "q", pair: "c", label: "a" });
  assert.deepEqual(
    ["q", "c", "a", "id"].map((name) => roleOf(answers, name)?.noun),
    ["question", "context", "answers", undefined],
  );
  assert.equal(roleOf(mapping({ task: "language", label: "b" }), "b"), undefined, "a label that is not read");
  assert.equal(roleOf(mapping({ pair: null }), ""), undefined);
  const cut = (/** @type {string} */ name) => name.slice(0, 3);
  assert.equal(columnsInWords(mapping({ text: "longname" }), cut), "“lon” as text and “b” as label");
});

test("the guess is said in words", () => {
  assert.equal(looksLike(mapping({})), "texts with a label");
  assert.equal(looksLike(mapping({ pair: "c" })), "pairs of texts with a label");
  assert.equal(looksLike(mapping({ task: "regression", pair: "c" })), "pairs of texts with a score");
  assert.equal(looksLike(mapping({ task: "answers", pair: "c" })), "questions with contexts and answers");
  assert.match(looksLike(mapping({ task: "embedding", pair: "c", label: "" })), /belong together/u);
  assert.match(looksLike(mapping({ task: "embedding", pair: "c", label: "", negative: "n" })), /one that does not/u);
  for (const { task } of TASKS) assert.match(looksLike(mapping({ task })), /\w/u, taskOf(task).title);
});
