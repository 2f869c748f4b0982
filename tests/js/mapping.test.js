// What a mapping means for each task: its columns, what is missing, and the guess in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsInWords, looksLike, missing, roleOf, withColumns } from "../../www/mapping.js";
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

test("what is still to be chosen is said by its noun", () => {
  assert.equal(missing(mapping({})), null);
  assert.equal(missing(mapping({ task: "language", label: "" })), null);
  assert.equal(missing(mapping({ task: "embedding", label: "", pair: "c" })), null);
  assert.match(missing(mapping({ task: "embedding", label: "" })) ?? "", /a column with the close text\./u);
  assert.match(
    missing(mapping({ task: "answers", label: "" })) ?? "",
    /a column with the context and a column with the answers\./u,
  );
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
