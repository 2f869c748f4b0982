// What is tried and taken away is always the model that step 5 names: of the engine that trained it, or of the project that keeps it.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { resultActions } from "../../www/actions/result.js";
import { RESULT_LOST } from "../../www/client.js";
import { mistake } from "../../www/mistake.js";
import { idleRun } from "../../www/run.js";
import { initialState, reduce } from "../../www/state.js";

// A file that is handed over keeps its address for a minute.
mock.timers.enable({ apis: ["setTimeout"] });
/** What was handed to the browser. @type {string[]} */
const saved = [];
Object.assign(globalThis, {
  document: { createElement: () => ({ download: "", click() { saved.push(this.download); } }) }, // prettier-ignore
});

const KEPT = ["config.json", "tokenizer.json", "model.safetensors"];
const BYTES = new Uint8Array([1]);
const predictions = [{ text: "t", score: 1 }];

/** @param {{id: string, run: string}|null} stored @returns {import("../../www/run.js").RunState} */
function trained(stored) {
  const subject = {
    ...{ model: "m", base: "owner/m", table: "t.csv", data: null, pairs: false },
    ...{ task: /** @type {const} */ ("regression"), method: /** @type {const} */ ("full") },
  };
  return { ...idleRun(), status: "done", subject, done: /** @type {any} */ ({ type: "done" }), stored };
}

/** @param {{id: string, run: string}|null} stored @param {{hasResult?: boolean, result?: () => any, predict?: () => any}} [given] */
function stage(stored, given = {}) {
  let state = initialState("cpu");
  const dispatch = (/** @type {import("../../www/state.js").Action} */ action) => void (state = reduce(state, action));
  /** @type {[string, ...any[]][]} */
  const asked = [];
  const engine = { hasResult: given.hasResult ?? stored === null };
  /** Remembers what is asked. @param {string} name @param {(...args: any[]) => any} answer */
  const noted =
    (name, answer) =>
    async (/** @type {any[]} */ ...args) => {
      asked.push([name, ...args]);
      return answer(...args);
    };
  const client = /** @type {any} */ ({
    hasResult: () => engine.hasResult,
    openResult: noted("openResult", () => void (engine.hasResult = true)),
    predict: noted("predict", given.predict ?? (() => predictions)),
    cut: async () => ({ texts: 0, tokens: 64 }),
    exportFiles: noted("exportFiles", () => [{ path: "model.safetensors", bytes: BYTES }]),
    exportAdapter: noted("exportAdapter", () => []),
  });
  const files = () => KEPT.map((path) => [path, new File([BYTES], path)]);
  const keeper = /** @type {any} */ ({ result: noted("result", given.result ?? files) });
  dispatch({ type: "restored", run: trained(stored) });
  saved.length = 0;
  const actions = resultActions({ client, keeper, interval_ms: 0, dispatch, state: () => state });
  const names = () => asked.map(([name]) => name);
  return { actions, dispatch, asked, names, engine, state: () => state };
}

test("a kept model is that of its own project and run, whatever project is open since", async () => {
  const { actions, dispatch, asked, names, state } = stage({ id: "mine", run: "r1" });
  dispatch({ type: "projects", change: { current: { id: "other", name: "other", run: null } } });
  await actions.saveWeights();
  await actions.predict("regression", "a", null);
  assert.deepEqual(names(), ["result", "result", "openResult", "predict"]);
  assert.deepEqual(asked[0], ["result", "mine", "r1"]);
  assert.deepEqual(asked[1], ["result", "mine", "r1"]);
  assert.deepEqual(saved, ["model.safetensors"]);
  assert.deepEqual(state().result.answered?.predictions, predictions);
});

test("a kept model is opened once, and again where its engine is gone", async () => {
  const { actions, names, engine } = stage({ id: "mine", run: "r1" });
  for (let asked = 0; asked < 2; asked += 1) await actions.predict("regression", "a", null);
  assert.equal(names().filter((name) => name === "openResult").length, 1);
  engine.hasResult = false;
  await actions.predict("regression", "a", null);
  assert.deepEqual(names().slice(-3), ["result", "openResult", "predict"]);
});

test("where the engine of a result is gone, no other one answers for it", async () => {
  const { actions, names, state } = stage(null, { hasResult: false });
  for (const ask of [() => actions.predict("regression", "a", null), actions.saveZip, actions.saveWeights]) {
    await ask();
    assert.equal(state().result.error, RESULT_LOST);
    assert.equal(state().result.saved, null);
  }
  assert.deepEqual([names(), saved], [[], []]);
});

test("nothing is no file to take away", async () => {
  const gone = mistake("file", "The model of this run is no longer kept here. Train again.");
  const missing = stage({ id: "mine", run: "r1" }, { result: () => Promise.reject(gone) });
  await missing.actions.saveZip();
  assert.equal(missing.state().result.error, gone);
  const empty = stage({ id: "mine", run: "r1" });
  await empty.actions.saveAdapter();
  assert.match(empty.state().result.error?.message ?? "", /None of these files/u);
  const engine = stage(null);
  await engine.actions.saveAdapter();
  assert.match(engine.state().result.error?.message ?? "", /None of these files/u);
  assert.deepEqual(saved, []);
});

test("an answer that comes after another run took the place of this one is not shown for that one", async () => {
  let answer = (/** @type {any} */ _answer) => {};
  const staged = stage(null, { predict: () => new Promise((resolve) => (answer = resolve)) });
  const asked = staged.actions.predict("regression", "a", null);
  while (!staged.names().includes("predict")) await Promise.resolve();
  staged.dispatch({ type: "restored", run: trained({ id: "other", run: "r2" }) });
  answer(predictions);
  await asked;
  assert.deepEqual([staged.state().result.answered, staged.state().result.busy], [null, null]);
});
