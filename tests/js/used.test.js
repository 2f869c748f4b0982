// What training uses and what a run has learned from, said where that is not what the page shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { learnedElsewhere } from "../../www/used.js";

/** @typedef {import("../../www/protocol.js").Task} Task */

/** @param {string} table @param {Task} task */
function run(table, task) {
  return { model: "m", base: "m", table, data: null, task, pairs: false, method: /** @type {const} */ ("full") };
}

/** @param {string} table @param {Task} task @param {{hash?: string, model?: string}} [more] */
function open(table, task, { hash = "0a", model = "m" } = {}) {
  const dataset = /** @type {import("../../www/state.js").DatasetState} */ ({
    table,
    mapping: { task },
    info: { hash },
  });
  return { dataset, model: { name: model } };
}

test("a run says what it learned from, where another table or task is chosen now", () => {
  const fruit = run("fruit.csv", "classification");
  assert.equal(learnedElsewhere(fruit, open("fruit.csv", "classification")), "");
  assert.equal(
    learnedElsewhere(fruit, open("prices.csv", "regression")),
    "This run learned from fruit.csv, not from prices.csv, which is open now.",
  );
  assert.equal(
    learnedElsewhere(fruit, open("fruit.csv", "regression")),
    "This run learned “One label”, not “A score”, which is chosen now.",
  );
  assert.equal(learnedElsewhere(null, open("fruit.csv", "regression")), "");
  const then = { ...fruit, data: "0a" };
  assert.equal(learnedElsewhere(then, open("fruit.csv", "classification")), "");
  assert.equal(
    learnedElsewhere(then, open("fruit.csv", "classification", { hash: "0b", model: "n" })),
    "This run learned from fruit.csv as it was then; the rows, the columns or what is held out are others now. It began " +
      "with m, not with n, which is open now.",
  );
  assert.equal(learnedElsewhere(fruit, { dataset: null, model: null }), "", "nothing is open");
});
