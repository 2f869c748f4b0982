// The reducer: every action, the phases, and what still stands in the way of training.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isBusyTraining, obstacle, phase, taskAtHand } from "../../www/standing.js";
import { initialState, reduce } from "../../www/state.js";
import { FIGURES } from "./figures.js";

/** @typedef {import("../../www/state.js").State} State */
/** @typedef {import("../../www/state.js").Action} Action */

const MODEL = {
  name: "tiny",
  architecture: "BERT",
  layers: 2,
  hidden: 32,
  vocabulary: 100,
  max_length: 64,
  parameters: 5000,
  task: null,
  labels: null,
  notes: [],
};
/** @type {import("../../www/protocol.js").Mapping} */
const MAPPING = {
  task: "classification",
  text: "text",
  pair: null,
  label: "label",
  negative: null,
  separator: null,
  split: null,
  validation_share: 0.1,
  seed: 0,
};
const DATASET = {
  info: {
    task: MAPPING.task,
    classes: [],
    train: 18,
    validation: 2,
    ...FIGURES,
  },
  table: "rows.csv",
  mapping: MAPPING,
};
const RUN = {
  total_steps: 4,
  steps_per_epoch: 2,
  max_length: 16,
  train: 18,
  validation: 2,
  tokens_per_epoch: 200,
  parameters: { trainable: 5000, frozen: 0 },
  notes: [],
};
/** @type {import("../../www/protocol.js").DoneEvent} */
const DONE = {
  type: "done",
  reason: "completed",
  best_epoch: 1,
  steps: 4,
  seconds: 8,
  optimizer_bytes: 40_000,
  metrics: null,
  report: null,
  sentence: "Done.",
};

/** @param {Action[]} actions @param {State} [from] */
function after(actions, from = initialState("auto")) {
  return actions.reduce(reduce, from);
}

/** @type {Action[]} */
const READY = [
  { type: "device", change: { busy: false } },
  { type: "model_opened", info: MODEL, base: "owner/tiny" },
  { type: "data", change: { dataset: DATASET } },
];
/** @type {Action} */
const STARTED = { type: "run_started", info: RUN, method: "full" };
/** @type {Action[]} */
const RUNNING = [...READY, { type: "run", change: { status: "starting" } }, STARTED];
/** @type {Action[]} */
const TRAINED = [...RUNNING, { type: "events", events: [DONE] }];

test("the phases follow from what is open and what the run does", () => {
  assert.equal(phase(initialState("auto")), "empty");
  assert.equal(phase(after([{ type: "data", change: { dataset: DATASET } }])), "data");
  assert.equal(phase(after([READY[1]])), "model");
  assert.equal(phase(after(READY)), "ready");
  assert.equal(phase(after(RUNNING.slice(0, -1))), "running", "starting");
  assert.equal(phase(after(RUNNING)), "running");
  assert.equal(phase(after([...RUNNING, { type: "run", change: { status: "paused" } }])), "paused");
  assert.equal(phase(after([...RUNNING, { type: "run", change: { status: "stopping" } }])), "running", "stopping");
  assert.equal(phase(after(TRAINED)), "trained");
});

test("a run blocks changes while it is on or paused", () => {
  assert.equal(isBusyTraining(after(RUNNING)), true);
  assert.equal(isBusyTraining(after([...RUNNING, { type: "run", change: { status: "paused" } }])), true);
  assert.equal(isBusyTraining(after(TRAINED)), false);
});

test("a state is never changed in place", () => {
  const before = after(READY);
  const copy = structuredClone(before);
  after([STARTED, { type: "events", events: [DONE] }, { type: "revived" }], before);
  assert.deepEqual(before, copy);
});

test("a mistake in the data leaves the data set as it was", () => {
  /** @type {Action} */
  const fails = { type: "data", change: { loading: null, error: { kind: "table", message: "No." } } };
  const state = after([...READY, { type: "data", change: { loading: "bad.csv" } }, fails]);
  assert.equal(state.data.dataset, DATASET);
  assert.equal(phase(state), "ready");
});

test("a mistake in a model leaves the open model as it was", () => {
  /** @type {Action} */
  const fails = { type: "model", change: { loading: null, error: { kind: "model", message: "No." } } };
  const state = after([...TRAINED, { type: "model", change: { loading: { name: "other", progress: null } } }, fails]);
  assert.equal(state.model.info, MODEL);
  assert.equal(phase(state), "trained");
});

test("another model leaves the result of the last run, which says what it came from", () => {
  const state = after([...TRAINED, { type: "model_opened", info: { ...MODEL, name: "other" }, base: "other" }]);
  assert.equal(phase(state), "trained");
  assert.deepEqual(state.run.subject, {
    ...{
      model: "tiny",
      base: "owner/tiny",
      table: "rows.csv",
      data: "0a",
      task: "classification",
      pairs: false,
      method: "full",
    },
  });
});

test("a new run starts with empty curves and no old prediction", () => {
  /** @type {Action} */
  const predicted = {
    type: "result",
    change: { answered: { task: "language", predictions: [], cut: { texts: 0, tokens: 64 } } },
  };
  const state = after([...TRAINED, predicted, STARTED]);
  assert.equal(state.result.answered, null);
  assert.deepEqual(state.run.curves.loss, []);
  assert.equal(state.run.done, null);
});

test("when the worker dies the page keeps the table, says why, and can be revived", () => {
  const mistake = { kind: /** @type {const} */ ("worker"), message: "It stopped." };
  const dead = after([...RUNNING, { type: "died", mistake }]);
  assert.equal(phase(dead), "empty");
  assert.equal(dead.dead, mistake);
  assert.equal(dead.run.status, "failed");
  assert.match(obstacle(dead) ?? "", /Start it again/u);
  assert.equal(after([{ type: "revived" }], dead).dead, null);
});

test("a model that a project keeps outlives the engine, and one in the engine does not", () => {
  const mistake = { kind: /** @type {const} */ ("worker"), message: "It stopped." };
  const trained = after(TRAINED);
  assert.equal(trained.had_result, true);
  const dead = after([{ type: "died", mistake }], trained);
  assert.deepEqual([phase(dead), dead.had_result], ["empty", false]);
  const kept = after([{ type: "restored", run: { ...trained.run, stored: { id: "p", run: "r" } } }], trained);
  assert.equal(phase(after([{ type: "died", mistake }], kept)), "trained");
  assert.equal(after([STARTED], kept).run.stored, null, "what is trained anew is in the engine");
});

test("what was said of projects goes when something else is opened", () => {
  const error = { kind: /** @type {const} */ ("file"), message: "data.zip was not imported." };
  const said = after([{ type: "projects", change: { error, said: "Done." } }]);
  const half = { done: 1, total: 2, what: "Loading" };
  const still = after([{ type: "model", change: { loading: { name: "m", progress: half } } }], said);
  assert.equal(still.projects.error, error, "what was loading before goes on");
  for (const opening of /** @type {Action[]} */ ([
    { type: "data", change: { loading: "fruit.csv" } },
    { type: "model", change: { loading: { name: "m", progress: null } } },
  ])) {
    const { projects } = after([opening], said);
    assert.deepEqual([projects.error, projects.said], [null, null], opening.type);
  }
});

test("what one checkpoint's own head said is not shown for another", () => {
  /** @type {Action} */
  const answered = {
    type: "result",
    change: { answered: { task: "language", predictions: [], cut: { texts: 0, tokens: 64 } } },
  };
  assert.equal(after([READY[1], answered, READY[1]]).result.answered, null);
  assert.ok(after([...TRAINED, answered, READY[1]]).result.answered, "a result is still that of its run");
});

test("what stands in the way of training is said in the order of the steps", () => {
  const TABLE = /** @type {any} */ ({ name: "rows.csv" });
  const WRONG = /** @type {any} */ ({ message: "No." });
  const steps = [
    { actions: [], words: /step 1/u },
    { actions: [READY[1]], words: /Choose your data in step 2/u },
    {
      actions: [READY[1], /** @type {Action} */ ({ type: "data", change: { table: TABLE } })],
      words: /Choose the columns in step 2/u,
    },
    {
      actions: [READY[1], /** @type {Action} */ ({ type: "data", change: { table: TABLE, error: WRONG } })],
      words: /Step 2 says what is wrong/u,
    },
    { actions: [READY[1], READY[2]], words: /device/u },
  ];
  for (const { actions, words } of steps) assert.match(obstacle(after(actions)) ?? "", words);
  assert.equal(obstacle(after(READY)), null);
});

test("wrong hyperparameters are named by their labels", () => {
  const field = (/** @type {string} */ name, /** @type {string} */ label) =>
    /** @type {const} */ ({ name, label, help: "", unit: "", advanced: false, kind: "integer" });
  const fields = [field("epochs", "Epochs"), field("seed", "Seed"), field("batch_size", "Batch size")];
  const mistakes = { seed: "No.", epochs: "No." };
  const state = after([...READY, { type: "recipe", change: { fields, mistakes } }]);
  assert.equal(obstacle(state), "Correct Epochs and Seed in step 3 first.");
});

test("that a run is on is said no longer than it is", () => {
  const error = { kind: /** @type {const} */ ("order"), message: "A run is on." };
  const other = { kind: /** @type {const} */ ("file"), message: "No." };
  const busy = after([...RUNNING, { type: "data", change: { error } }, { type: "model", change: { error: other } }]);
  assert.equal(after([{ type: "events", events: [] }], busy).data.error, error);
  const { data, model } = after([{ type: "events", events: [DONE] }], busy);
  assert.deepEqual([data.error, model.error], [null, other]);
});

test("what cannot be read in step 2 stands in the way, by its label", () => {
  const wrong = after([...READY, { type: "data", change: { mistakes: { share: "No.", seed: "No." } } }]);
  assert.equal(obstacle(wrong), "Correct Validation share and Split seed in step 2 first.");
  assert.equal(obstacle(after([{ type: "data", change: { mistakes: {} } }], wrong)), null);
});

test("a wrong value stands in the way only where the method and the task use its field", () => {
  /** @type {import("../../www/protocol.js").RecipeField} */
  const rank = {
    ...{ name: "lora_rank", label: "Rank", help: "", unit: "", advanced: true },
    kind: "integer",
    for_method: "lora",
  };
  const change = (/** @type {string} */ method) => ({
    ...{ fields: [rank], mistakes: { lora_rank: "No." } },
    draft: { method, lora_rank: "x" },
  });
  assert.equal(obstacle(after([...READY, { type: "recipe", change: change("full") }])), null);
  assert.equal(
    obstacle(after([...READY, { type: "recipe", change: change("lora") }])),
    "Correct Rank in step 3 first.",
  );
});

test("the task at hand is that of the data, and before there is any that of the form", () => {
  assert.equal(taskAtHand(initialState("auto")), "classification");
  const mapping = { ...MAPPING, task: /** @type {const} */ ("answers") };
  assert.equal(taskAtHand(after([{ type: "data", change: { mapping } }])), "answers");
  assert.equal(taskAtHand(after([...READY, { type: "data", change: { mapping } }])), "classification");
});
