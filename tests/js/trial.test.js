// Trying a model: what can be tried, with which boxes, and what is asked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND } from "../../www/dialect.js";
import { idleRun } from "../../www/run.js";
import { initialState } from "../../www/state.js";
import { cosine, cutWords, hideWord, requestFor, rowsFor, trialOf } from "../../www/trial.js";

/** @typedef {import("../../www/protocol.js").Task} Task */

/** @param {Task|null} task @param {string[]|null} labels @returns {import("../../www/protocol.js").ModelInfo} */
function model(task, labels) {
  const size = { layers: 1, hidden: 8, vocabulary: 9, max_length: 8, parameters: 9 };
  return { name: "m", architecture: "BERT", ...size, task, labels, notes: [] };
}

/** @param {Task|null} task @param {string[]|null} [labels] */
function withModel(task, labels = null) {
  const state = initialState("auto");
  return { ...state, model: { ...state.model, info: model(task, labels) } };
}

/** @param {Task} task @param {boolean} pairs */
function trained(task, pairs) {
  const subject = { model: "m", base: "m", table: "t", data: null, task, pairs, method: /** @type {const} */ ("full") };
  return { ...withModel(null), run: { ...idleRun(), status: /** @type {const} */ ("done"), subject } };
}

test("a model without a head cannot be tried before it is trained, one with a head can", () => {
  assert.equal(trialOf(initialState("auto")), null);
  assert.equal(trialOf(withModel(null)), null);
  assert.equal(trialOf(withModel("tokens", ["O", "B-PER"]))?.task, "tokens");
  assert.equal(trialOf(withModel("language"))?.pair, "no");
  // An engine that has trained a model answers with that one.
  assert.equal(trialOf({ ...withModel("language"), had_result: true }), null);
  assert.equal(trialOf({ ...withModel("language"), dead: { kind: "worker", message: "" } }), null);
});

test("there are as many boxes as the task has texts", () => {
  assert.equal(trialOf(withModel("classification", ["a", "b"]))?.pair, "maybe");
  assert.equal(trialOf(trained("classification", false))?.pair, "no");
  assert.equal(trialOf(trained("classification", true))?.pair, "yes");
  for (const task of /** @type {const} */ (["answers", "embedding"])) {
    assert.equal(trialOf(trained(task, true))?.pair, "yes", task);
    assert.equal(trialOf(withModel(task))?.pair, "yes", task);
  }
  assert.equal(trialOf(trained("tokens", false))?.pair, "no");
});

test("a pair is sent as one, two texts to be compared are two", () => {
  assert.deepEqual(requestFor("classification", "a", null), { texts: ["a"], pairs: null });
  assert.deepEqual(requestFor("regression", "a", "b"), { texts: ["a"], pairs: ["b"] });
  assert.deepEqual(requestFor("answers", "q", "c"), { texts: ["q"], pairs: ["c"] });
  assert.deepEqual(requestFor("embedding", "a", "b"), { texts: ["a", "b"], pairs: null });
});

test("a row of the data fills the boxes", () => {
  const names = ["tokens", "other"];
  const columns = names.map((name) => ({ name, distinct: 1, empty: 0, mean_characters: 1 }));
  const preview = [
    ['["Ada","🇫🇷"]', "second"],
    ["", "x"],
    ["only one", " "],
  ];
  const rows = (/** @type {Task} */ task, /** @type {string|null} */ second, /** @type {"no"|"yes"} */ pair) => {
    const rest = { label: "", negative: null, separator: null, split: null, validation_share: 0, seed: 0 };
    const mapping = { task, text: "tokens", pair: second, ...rest };
    const table = {
      name: "t",
      format: "",
      rows: 3,
      columns,
      preview,
      mapping,
      notes: [],
      worksheets: [],
      dialect: AS_FOUND,
    };
    const data = { ...initialState("auto").data, table, mapping };
    return rowsFor(data, { task, pair, labels: [], threshold: null });
  };
  assert.deepEqual(rows("tokens", null, "no")[0], { text: "Ada 🇫🇷", pair: null });
  assert.deepEqual(rows("answers", "other", "yes"), [{ text: '["Ada","🇫🇷"]', pair: "second" }]);
  assert.deepEqual(rows("answers", null, "yes"), []);
  assert.deepEqual(rowsFor(initialState("auto").data, { task: "tokens", pair: "no", labels: [], threshold: null }), []);
});

test("the longest word is hidden for a model of words", () => {
  assert.equal(hideWord("👋 Ada lives in Paris"), "👋 Ada [MASK] in Paris");
  assert.equal(hideWord("a [MASK] longword"), "a [MASK] longword");
  assert.equal(hideWord("?!"), "?!");
  assert.equal(hideWord("$& $1"), "$& $[MASK]");
});

test("the cosine of vectors", () => {
  assert.equal(cosine([1, 0], [2, 0]), 1);
  assert.equal(cosine([1, 0], [0, 3]), 0);
  assert.equal(cosine([1, 2], [-1, -2]), -1);
  assert.ok(Number.isNaN(cosine([0, 0], [1, 1])));
});

test("rows that were not read to their end are counted", () => {
  assert.equal(cutWords({ texts: 0, tokens: 64 }, "rows"), "");
  assert.equal(
    cutWords({ texts: 1, tokens: 64 }, "rows"),
    "Only the first 64 tokens of 1 row were read: this model takes no more.",
  );
  assert.match(cutWords({ texts: 1200, tokens: 128 }, "rows"), /^Only the first 128 tokens of 1,200 rows were read/u);
});
