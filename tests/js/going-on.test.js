// Runs that survive, against an engine and a store of the test: what is asked of them when a run begins, ends, breaks and goes on.
// One file, since all of it plays on the stage that is set here.

import assert from "node:assert/strict";
import { test } from "node:test";

import { goingOnActions } from "../../www/actions/going-on.js";
import { mistake } from "../../www/mistake.js";
import { readHistory, writeHistory } from "../../www/projects/history.js";
import { NO_STORAGE } from "../../www/projects/trouble.js";
import { isOnlyHere, troubleNow } from "../../www/projects/unkept.js";
import { standing } from "../../www/run.js";
import { obstacle } from "../../www/standing.js";
import { initialState, reduce } from "../../www/state.js";

/** @typedef {import("../../www/protocol.js").RunEvent} RunEvent */

const OFFER = { id: "p", run: "r", table: "fruit.csv", model: "tiny", step: 3, total_steps: 9, saved: 0 };
const INFO = /** @type {import("../../www/protocol.js").RunInfo} */ ({
  total_steps: 9,
  steps_per_epoch: 3,
  max_length: 8,
  train: 6,
  validation: 3,
  tokens_per_epoch: 48,
  parameters: { trainable: 10, frozen: 0 },
  notes: [],
});
const NOTHING = { optimizer_bytes: 0, metrics: null, report: null };
const LOST = mistake("device", "The GPU was lost.");

/** @param {number} step @returns {RunEvent} */
const step = (step) => ({
  type: "step",
  step,
  total_steps: 9,
  epoch: step / 3,
  loss: 1 / step,
  learning_rate: 0.1,
  grad_norm: 1,
  examples: step,
  tokens: step,
  seconds: step,
});

/** @typedef {Partial<Record<string, (...args: any[]) => any>>} Answers */

/** @param {Answers} [answers] Of the store. @param {Answers} [ofEngine] */
function stage(answers = {}, ofEngine = {}) {
  let state = initialState("gpu");
  const gpu = { there: true };
  /** @type {[string, ...any[]][]} */
  const asked = [];
  /** Answers what is named and remembers all. @param {Record<string, any>} named */
  const noted = (named) =>
    new Proxy(/** @type {any} */ ({}), {
      get:
        (_, /** @type {string} */ name) =>
        async (/** @type {any[]} */ ...args) => {
          asked.push([name, ...args]);
          return named[name]?.(...args) ?? null;
        },
    });
  const dispatch = (/** @type {import("../../www/state.js").Action} */ action) => void (state = reduce(state, action));
  const resumeRun = () => ({ info: INFO, events: [step(1), step(2), step(3)], search: null });
  const client = noted({ resumeRun, ...ofEngine });
  const keeper = noted({
    checkpoint: () => ({
      bytes: new Uint8Array(3),
      info: { step: 3, total_steps: 9, epoch: 1 },
      saved: 7,
      torn: false,
    }),
    beginRun: () => "r",
    offer: () => OFFER,
    ...answers,
  });
  const means = noted({
    adapterReturns: () => gpu.there,
    setUp: (/** @type {any} */ choice) => {
      dispatch({ type: "device", change: { info: /** @type {any} */ ({ kind: choice }) } });
      return true;
    },
  });
  const actions = goingOnActions({ client, keeper, interval_ms: 60_000, dispatch, state: () => state }, means);
  const names = () => asked.map(([name]) => name);
  return {
    actions,
    dispatch,
    gpu,
    asked,
    names,
    state: () => state,
    ports: () => asked.flat().filter((one) => one instanceof MessagePort),
  };
}

/** Channels keep a process alive. @param {ReturnType<typeof stage>} staged */
function close({ ports }) {
  for (const port of ports()) port.close();
}

/** A run that has begun and is kept. @param {ReturnType<typeof stage>} staged */
async function begun(staged) {
  const { dispatch, actions } = staged;
  const dataset = /** @type {any} */ ({
    info: { hash: "0a" },
    table: "fruit.csv",
    mapping: { task: "classification", pair: null },
  });
  dispatch({ type: "model_opened", info: /** @type {any} */ ({ name: "tiny" }), base: "tiny" });
  dispatch({ type: "data", change: { dataset } });
  dispatch({ type: "projects", change: { current: { id: "p", name: "fruit", run: null } } });
  dispatch({ type: "run_started", info: INFO, method: "full" });
  await actions.begun();
}

test("a run that begins is written down, and its engine told where checkpoints go", async () => {
  const staged = stage();
  await begun(staged);
  const { asked, state } = staged;
  const [, id, about] = asked.find(([name]) => name === "beginRun") ?? [];
  assert.deepEqual([id, about], ["p", { model: "tiny", task: "classification", method: "full" }]);
  assert.deepEqual(asked.find(([name]) => name === "keep")?.slice(2), ["tiny", 60_000]);
  assert.equal(state().projects.current?.run, "r");
  close(staged);
});

test("a run that ends leaves its curves, as they were", async () => {
  const staged = stage();
  await begun(staged);
  const { dispatch, actions, asked, state } = staged;
  /** @type {RunEvent[]} */
  const events = [
    step(1),
    step(2),
    {
      type: "epoch",
      epoch: 1,
      step: 2,
      train_loss: NaN,
      validation: { loss: 1, accuracy: 0.5 },
      best: true,
      seconds: 2,
      note: null,
    },
    {
      type: "done",
      reason: "completed",
      best_epoch: 1,
      steps: 2,
      seconds: 2,
      optimizer_bytes: 0,
      metrics: { loss: 1, accuracy: 0.5 },
      report: null,
      sentence: "Done.",
    },
  ];
  dispatch({ type: "events", events });
  await actions.follow(events);
  const [, id, run, change, history] = asked.find(([name]) => name === "endRun") ?? [];
  assert.deepEqual([id, run, change], ["p", "r", { status: "done", score: { name: "accuracy", value: 0.5 } }]);
  const { recent, rates, begun: _, ...kept } = readHistory(history);
  const { recent: __, rates: ___, begun: ____, ...shown } = state().run;
  assert.deepEqual(kept, shown);
  close(staged);
});

test("a run goes on where it stopped, with all of its curves, and is kept again", async () => {
  const staged = stage();
  const { dispatch, actions, names, state } = staged;
  dispatch({ type: "projects", change: { offer: OFFER } });
  await actions.goOn();
  assert.deepEqual(names(), ["openWhole", "checkpoint", "resumeRun", "goOn", "keep"]);
  assert.equal(state().run.status, "running");
  assert.deepEqual(state().run.curves.step, [1, 2, 3]);
  assert.deepEqual(state().projects.kept, { step: 3, of_search: undefined, at: 7 });
  assert.equal(state().projects.offer, null);
  close(staged);
});

test("several runs go on in the middle of one, with the table of those that are over", async () => {
  const changes = [{ learning_rate: 1 }, { learning_rate: 2 }, { learning_rate: 3 }];
  const row = { metric: "accuracy", score: 0.5, best_epoch: 1, seconds: 2, mistake: null };
  /** @type {RunEvent[]} */
  const events = [
    { type: "trial_started", trial: 1, total: 3, changes: changes[0], run: null },
    { type: "trial_done", trial: 1, changes: changes[0], state: "completed", ...row, best: true },
    { type: "trial_started", trial: 2, total: 3, changes: changes[1], run: INFO },
    step(1),
    step(2),
  ];
  const search = { info: { runs: 3, changes, notes: [] }, base: { epochs: 3 } };
  const staged = stage({}, { resumeRun: () => ({ info: INFO, events, search }) });
  const { dispatch, actions, state } = staged;
  dispatch({ type: "projects", change: { offer: OFFER } });
  await actions.goOn();
  const { run } = state();
  assert.deepEqual([run.status, run.info, run.curves.step], ["running", INFO, [1, 2]]);
  assert.deepEqual([run.search?.total, run.search?.base], [3, { epochs: 3 }]);
  assert.deepEqual(
    run.search?.rows.map(({ trial, state, best }) => [trial, state, best]),
    [
      [1, "completed", true],
      [2, "running", false],
    ],
  );
  assert.match(standing(run), /^Run 2 of 3\. Epoch/u);
  // The best run is made again, for its weights; its row is not another one.
  dispatch({
    type: "events",
    events: [
      { type: "trial_done", trial: 2, changes: changes[1], state: "completed", ...row, score: 0.4, best: false },
      { type: "trial_started", trial: 1, total: 3, changes: changes[0], run: INFO, again: true },
    ],
  });
  assert.match(standing(state().run), /^Run 1 of 3 again, since its weights were lost/u);
  dispatch({
    type: "events",
    events: [
      step(1),
      { type: "trial_done", trial: 1, changes: changes[0], state: "completed", ...row, best: true },
      { type: "done", reason: "completed", best_epoch: 1, steps: 1, seconds: 2, ...NOTHING, sentence: "Done." },
    ],
  });
  assert.deepEqual([state().run.search?.rows.length, state().run.curves.step], [2, [1]]);
  const { search: kept } = readHistory(writeHistory(state().run));
  assert.deepEqual(
    kept?.rows.map(({ trial, score, best }) => [trial, score, best]),
    [
      [1, 0.5, true],
      [2, 0.4, false],
    ],
  );
  close(staged);
});

test("going on that the engine dies of is over before the engine is set up again, and is offered again", async () => {
  let die = (/** @type {unknown} */ _cause) => {};
  const staged = stage({}, { resumeRun: () => new Promise((_, reject) => (die = reject)) });
  const { dispatch, actions, names, state } = staged;
  dispatch({ type: "projects", change: { offer: OFFER } });
  actions.goOn();
  while (!names().includes("resumeRun")) await Promise.resolve();
  const over = actions.wentOn().then(() => "over");
  assert.equal(await Promise.race([over, Promise.resolve("going")]), "going");
  die(mistake("worker", "It stopped."));
  assert.equal(await over, "over");
  assert.deepEqual([state().projects.busy, state().run.status, state().projects.offer], [null, "failed", OFFER]);
  close(staged);
});

test("a checkpoint that is damaged leaves a sentence, and one that was taken for it another", async () => {
  const nothing = stage({ checkpoint: () => null });
  nothing.dispatch({ type: "projects", change: { offer: OFFER } });
  await nothing.actions.goOn();
  assert.match(nothing.state().projects.error?.message ?? "", /damaged, so it cannot go on/u);
  assert.equal(nothing.state().run.status, "idle");

  const info = { step: 2, total_steps: 9, epoch: 0.7 };
  const before = stage({ checkpoint: () => ({ bytes: new Uint8Array(3), info, saved: 7, torn: true }) });
  before.dispatch({ type: "projects", change: { offer: OFFER } });
  await before.actions.goOn();
  assert.match(before.state().projects.said ?? "", /the one before it was used|the one before was used/u);
  close(before);
});

test("a GPU that goes away is set up again once; then the user is asked", async () => {
  const staged = stage();
  await begun(staged);
  const { dispatch, actions, names, asked, state } = staged;
  const failed = [{ type: /** @type {const} */ ("failed"), mistake: LOST }];
  dispatch({ type: "events", events: failed });
  await actions.follow(failed);
  assert.deepEqual(names().slice(-7), ["offer", "adapterReturns", "setUp", "checkpoint", "resumeRun", "goOn", "keep"]);
  assert.equal(state().run.status, "running");

  dispatch({ type: "events", events: failed });
  await actions.follow(failed);
  assert.equal(names().at(-1), "offer");
  assert.equal(state().run.status, "failed");
  assert.equal(state().projects.offer?.lost, 2);

  // Whoever tries the GPU again has it set up again.
  const before = asked.length;
  await actions.goOn();
  assert.deepEqual(names().slice(before), ["adapterReturns", "setUp", "checkpoint", "resumeRun", "goOn", "keep"]);
  assert.equal(state().run.status, "running");
  close(staged);
});

test("a GPU that does not come back is told, and the run goes on on the CPU", async () => {
  const staged = stage();
  await begun(staged);
  const { dispatch, actions, gpu, names, asked, state } = staged;
  gpu.there = false;
  dispatch({ type: "device", change: { busy: false } });
  const failed = [{ type: /** @type {const} */ ("failed"), mistake: LOST }];
  dispatch({ type: "events", events: failed });
  await actions.follow(failed);
  assert.equal(names().at(-1), "adapterReturns");
  assert.deepEqual([state().run.status, state().projects.offer?.no_gpu, state().projects.busy], ["failed", true, null]);
  assert.match(state().device.error?.message ?? "", /gives out none/u);
  assert.match(obstacle(state()) ?? "", /Choose a device/u);

  const before = asked.length;
  for (const act of [actions.goOn, actions.startSmaller]) await act();
  assert.deepEqual(names().slice(before), ["adapterReturns", "adapterReturns"]);
  await actions.goOnWithCpu();
  assert.deepEqual(asked.filter(([name]) => name === "setUp").at(-1), ["setUp", "cpu"]);
  assert.equal(state().run.status, "running");
  close(staged);
});

test("a run that fails otherwise is offered, not taken up by itself", async () => {
  const staged = stage();
  await begun(staged);
  const failed = [{ type: /** @type {const} */ ("failed"), mistake: mistake("tensor", "No.") }];
  staged.dispatch({ type: "events", events: failed });
  await staged.actions.follow(failed);
  assert.equal(staged.names().at(-1), "offer");
  assert.equal(staged.state().projects.offer?.run, "r");
  close(staged);
});

test("where nothing is kept of a run that breaks, the one before is offered, and not taken up by itself", async () => {
  const staged = stage({ offer: () => ({ ...OFFER, run: "before" }) });
  await begun(staged);
  const failed = [{ type: /** @type {const} */ ("failed"), mistake: LOST }];
  staged.dispatch({ type: "events", events: failed });
  await staged.actions.follow(failed);
  assert.equal(staged.names().at(-1), "setUp");
  const { run, projects } = staged.state();
  assert.deepEqual([run.status, projects.offer?.run, projects.offer?.lost], ["failed", "before", undefined]);
  close(staged);
});

test("a storage that fails is told, and the run goes on", async () => {
  const staged = stage({ beginRun: () => Promise.reject(mistake("file", "The storage is full.")) });
  await begun(staged);
  assert.equal(staged.state().projects.trouble, "The storage is full.");
  assert.equal(staged.state().run.status, "running");
  close(staged);
});

const FULL = mistake("file", "The storage is full.");
/** @type {RunEvent[]} */
const DONE = [
  { type: "done", reason: "completed", best_epoch: 1, steps: 9, seconds: 2, ...NOTHING, sentence: "Done." },
];

/** A run that is over, and what became of its model. @param {ReturnType<typeof stage>} staged @param {import("../../www/protocol.js").Mistake|null} mistake */
async function over(staged, mistake) {
  const { dispatch, actions } = staged;
  await begun(staged);
  dispatch({ type: "events", events: DONE });
  await actions.follow(DONE);
  const kept = [{ type: /** @type {const} */ ("kept"), info: null, mistake }];
  dispatch({ type: "events", events: kept });
  await actions.follow(kept);
}

/** Something else was written, as the next change of a form is. @param {ReturnType<typeof stage>} staged */
async function written({ dispatch, actions }) {
  dispatch({ type: "projects", change: { trouble: null } });
  await actions.watchResult();
}

/** Of the engine: the files of its model. */
const FILES = {
  exportFiles: () => [{ path: "config.json", bytes: new Uint8Array(2) }],
  exportAdapter: () => [{ path: "adapter_config.json", bytes: new Uint8Array(3) }],
};

test("a model is only in this tab until a project keeps it or it is downloaded", async () => {
  const staged = stage();
  const { dispatch, state } = staged;
  await begun(staged);
  assert.equal(isOnlyHere(state()), false, "there is none yet");
  dispatch({ type: "events", events: DONE });
  assert.deepEqual([isOnlyHere(state()), troubleNow(state())], [true, null], "it is on its way");
  close(staged);
  const kept = stage();
  await over(kept, null);
  assert.deepEqual([isOnlyHere(kept.state()), kept.state().projects.home?.kept], [false, true]);
  close(kept);
  const unkept = stage();
  await over(unkept, FULL);
  assert.equal(isOnlyHere(unkept.state()), true);
  unkept.dispatch({ type: "result", change: { saved: "model.zip" } });
  assert.deepEqual([isOnlyHere(unkept.state()), troubleNow(unkept.state())], [false, FULL.message]);
  close(unkept);
});

test("a model that had no room is named until it is kept, also once other things are written", async () => {
  const staged = stage({}, FILES);
  const { dispatch, state, names } = staged;
  await over(staged, FULL);
  assert.match(troubleNow(state()) ?? "", /^The storage is full\. The model of this run is not kept yet: download it/u);
  assert.ok(!troubleNow(state())?.includes("Training goes on"));
  await staged.actions.watchResult();
  assert.ok(!names().includes("putResult"), "there is no more room than before");
  // The form was saved since.
  dispatch({ type: "projects", change: { trouble: null } });
  assert.match(troubleNow(state()) ?? "", /^The model of this run is not kept yet/u);
  close(staged);
});

test("a model that had no room is kept as soon as there is some, once", async () => {
  const staged = stage({}, FILES);
  const { asked, state, names } = staged;
  await over(staged, FULL);
  await written(staged);
  const [, id, run, files] = asked.find(([name]) => name === "putResult") ?? [];
  assert.deepEqual([id, run], ["p", "r"]);
  assert.deepEqual(
    files.map((/** @type {{path: string}} */ { path }) => path),
    ["config.json", "adapter/adapter_config.json"],
  );
  assert.deepEqual([state().projects.home?.kept, troubleNow(state())], [true, null]);
  const before = names().length;
  await written(staged);
  assert.equal(names().length, before);
  close(staged);
});

test("a model whose project was deleted or left is not put anywhere, and a full storage is not asked again and again", async () => {
  const deleted = stage({}, FILES);
  await over(deleted, FULL);
  deleted.dispatch({ type: "projects", change: { home: null, current: null } });
  await written(deleted);
  assert.ok(!deleted.names().includes("putResult"));
  close(deleted);

  const full = stage({ putResult: () => Promise.reject(FULL) }, FILES);
  await over(full, FULL);
  await written(full);
  for (let draws = 0; draws < 3; draws += 1) await full.actions.watchResult();
  assert.equal(full.names().filter((name) => name === "putResult").length, 1);
  assert.equal(full.state().projects.home?.kept, false);
  close(full);
});

test("a run whose curves could not be written is written down with its model", async () => {
  let room = false;
  const staged = stage({ endRun: () => (room ? null : Promise.reject(FULL)) }, FILES);
  await over(staged, null);
  assert.equal(staged.state().projects.home?.kept, false);
  room = true;
  await written(staged);
  assert.deepEqual(
    staged
      .names()
      .filter((name) => name === "endRun" || name === "putResult")
      .slice(1),
    ["endRun", "putResult"],
  );
  assert.equal(staged.state().projects.home?.kept, true);
  close(staged);
});

test("a browser without storage says so in one sentence, during a run and after it", () => {
  const none = { ...initialState("cpu"), projects: { ...initialState("cpu").projects, trouble: NO_STORAGE.message } };
  assert.equal(troubleNow(none), NO_STORAGE.message);
  const done = { ...none, run: { ...none.run, status: /** @type {const} */ ("done") } };
  assert.deepEqual([troubleNow(done), isOnlyHere(done)], [NO_STORAGE.message, true]);
});

test("what is kept of a run is told by its events", () => {
  const { dispatch, state } = stage();
  const info = { step: 5, total_steps: 9, epoch: 1 };
  dispatch({ type: "events", events: [{ type: "kept", info, mistake: null }] });
  assert.equal(state().projects.kept?.step, 5);
  dispatch({
    type: "events",
    events: [{ type: "kept", info: { ...info, step: 6 }, mistake: mistake("file", "Full.") }],
  });
  assert.equal(state().projects.kept?.step, 5);
  assert.equal(state().projects.trouble, "Full.");
  assert.equal(state().run.status, "idle");
});
