// How many runs there will be and how long they take, by the last run: of what changed since, and nothing where nobody can tell.

import assert from "node:assert/strict";
import { test } from "node:test";

import { outlook, outlookOfOne, secondsEach } from "../../www/outlook.js";
import { idleRun } from "../../www/run.js";
import { ONE_RUN } from "../../www/several.js";
import { initialState } from "../../www/state.js";

/** @typedef {import("../../www/state.js").State} State */

/** @param {string} name @param {Partial<import("../../www/protocol.js").RecipeField>} [more] */
function field(name, more = {}) {
  const rest = { label: name, help: "", unit: "", advanced: false, kind: "integer", min: 1, max: 1000 };
  return /** @type {import("../../www/protocol.js").RecipeField} */ ({ name, ...rest, ...more });
}

const FIELDS = [
  field("epochs"),
  field("batch_size"),
  field("accumulation"),
  field("max_length", { max: 8192, optional: true }),
  field("learning_rate", { kind: "number", min: 0 }),
  field("frozen_layers", { min: 0 }),
];
const DEFAULTS = { epochs: 2, batch_size: 10, accumulation: 1, max_length: null, learning_rate: 0.1, frozen_layers: 0 };
const DRAFT = {
  ...{ method: "full", epochs: "2", batch_size: "10", accumulation: "1", max_length: "" },
  ...{ learning_rate: "0.1", frozen_layers: "0" },
};

/**
 * A page whose last run took 20 seconds: two epochs of 100 rows of 8 tokens, ten rows per step.
 *
 * @param {Record<string, string>} [draft]
 * @param {Partial<import("../../www/several.js").SeveralState>} [several]
 * @param {Partial<import("../../www/protocol.js").DatasetInfo>} [data]
 * @param {Partial<import("../../www/run.js").RunState>} [run]
 */
function after(draft = {}, several = {}, data = {}, run = {}) {
  const subject = {
    model: "m",
    base: "m",
    table: "t",
    data: "0a",
    task: "classification",
    pairs: false,
    method: "full",
  };
  const info = { total_steps: 20, steps_per_epoch: 10, max_length: 128, train: 100, validation: 10 };
  const lengths = { longest_tokens: 12, counted_to: null, mean_tokens: 8 };
  const dataset = { task: "classification", train: 100, validation: 10, hash: "0a", ...lengths, ...data };
  const page = initialState("cpu");
  return /** @type {State} */ (
    /** @type {unknown} */ ({
      ...page,
      model: { ...page.model, info: { name: "m", max_length: 512 } },
      data: { ...page.data, dataset: { info: dataset, table: "t", mapping: { task: "classification" } } },
      recipe: { ...page.recipe, fields: FIELDS, defaults: DEFAULTS, draft: { ...DRAFT, ...draft } },
      several: { ...ONE_RUN, kind: "seeds", ...several },
      run: {
        ...{ ...idleRun(), status: "done", subject, info },
        ...{ step: { examples: 200, tokens: 1600 }, done: { seconds: 20, steps: 20 } },
        ...run,
      },
    })
  );
}

test("how many runs there will be is said, and how long they take once one was timed", () => {
  assert.equal(outlook(null, 4), "");
  assert.equal(outlook(12, null), "12 runs, one after the other.");
  assert.equal(outlook(1, null), "1 run.");
  assert.equal(outlook(1, 4), "1 run. At the speed of the last run that takes about 4 s.");
  const many = "12 runs, one after the other. At the speed of the last run that takes about 48 s, about 4 s each.";
  assert.equal(outlook(12, 4), many);
  assert.match(outlook(2, 0.1), /about 1 s, about 1 s each/u, "never no time at all");
});

test("the time goes with the epochs, the rows and the steps that there are now", () => {
  assert.equal(secondsEach(after()), 20);
  assert.equal(secondsEach(after({ epochs: "30" })), 300);
  assert.equal(secondsEach(after({}, {}, { hash: "0b", train: 50 })), 10, "half of the rows");
  assert.equal(secondsEach(after({}, {}, { hash: "0b", mean_tokens: 16, longest_tokens: 40 })), 40, "longer texts");
  assert.equal(secondsEach(after({ batch_size: "5" })), 40, "twice the steps");
  assert.equal(secondsEach(after({ batch_size: "50" })), 20, "as many rows");
  assert.equal(secondsEach(after({ max_length: "64" })), 20, "nothing is longer");
});

test("of what is varied the mean counts", () => {
  const axis = (/** @type {string} */ name, /** @type {string} */ values) => ({
    ...{ field: name, values, from: "2", to: "10", chosen: [] },
  });
  const grid = (/** @type {string} */ name, /** @type {string} */ values) =>
    secondsEach(after({}, { kind: "grid", axes: [axis(name, values)] }));
  assert.equal(grid("epochs", "2, 4"), 30);
  assert.equal(grid("learning_rate", "0.1, 0.2"), 20);
  assert.equal(grid("frozen_layers", "0, 6"), null, "nobody knows what that spares");
  assert.equal(grid("epochs", "none"), null, "a mistake in the form");
  assert.equal(secondsEach(after({}, { kind: "random", axes: [axis("epochs", "")] })), 60);
  assert.equal(secondsEach(after({}, { kind: "seeds", axes: [axis("frozen_layers", "0, 6")] })), 20, "not used");
});

test("nothing is said where no run tells it", () => {
  assert.equal(secondsEach(after({ method: "lora" })), null, "another method");
  assert.equal(secondsEach(after({ max_length: "10" })), null, "nobody knows how much is cut");
  assert.equal(secondsEach(after({}, {}, { hash: "0b", counted_to: 64, longest_tokens: 64 })), null);
  assert.equal(secondsEach(after({}, {}, {}, { stored: { id: "p", run: "r" } })), null, "perhaps of another machine");
  assert.equal(secondsEach(after({}, {}, {}, { done: null })), null);
  assert.equal(secondsEach(initialState("cpu")), null);
});

test("of one run it is said beside what was picked, of several in their own place", () => {
  assert.equal(
    outlookOfOne(after({ epochs: "4" }, { kind: "one" })),
    " At the speed of the last run, this takes about 40 s.",
  );
  assert.equal(outlookOfOne(after({ epochs: "4" })), "");
});
