// A model measured on another table: how that is opened, its columns chosen, and what is shown of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { judgingCalls } from "../../www/judgement.js";
import { judgingAnswers } from "../../www/judging.js";
import { AS_FOUND } from "../../www/dialect.js";
import { reduce } from "../../www/state.js";
import { byId, isShown } from "./page.js";
import { drawn, trained } from "./panels.js";

const { measureActions } = await import("../../www/actions/measure.js");
const { resultPanel } = await import("../../www/panels/result.js");

/** @typedef {import("../../www/outcome.js").MeasureState} MeasureState */

const MAPPING = /** @type {import("../../www/protocol.js").Mapping} */ ({
  ...{ task: "classification", text: "text", pair: null, label: "label", negative: null, separator: null, split: null },
  ...{ validation_share: 0, seed: 0 },
});
const column = (/** @type {string} */ name) => ({ name, distinct: 2, empty: 0, mean_characters: 9 });
const INFO = /** @type {any} */ ({
  ...{ name: "test.csv", format: "CSV, comma", rows: 9, preview: [], mapping: MAPPING, notes: [], worksheets: [] },
  ...{ columns: [column("text"), column("label")], dialect: AS_FOUND },
});
const MEASURED = /** @type {any} */ ({
  report: {
    ...{
      task: "classification",
      labels: ["a", "b"],
      confusion: [
        [4, 1],
        [0, 4],
      ],
      per_class: [],
    },
    metrics: { accuracy: 8 / 9, macro_f1: 0.8, loss: 0.3 },
  },
  ...{ rows: 9, interval: [0.565, 0.98], notes: ["3 rows have texts that the model was trained on."] },
});

test("rows are measured a few at a time, and a measurement that is cancelled gives nothing", async () => {
  /** @type {unknown[]} */
  const calls = [];
  let left = 100;
  const engine = {
    measure_begin: (/** @type {unknown} */ mapping) => (calls.push(mapping), (left = 100)),
    measure_step: (/** @type {number} */ asked) => (calls.push(asked), (left = Math.max(0, left - asked))),
    measure_finish: () => MEASURED,
  };
  const { measure, cancel_measure } = judgingAnswers(
    async (work) => work(/** @type {any} */ (engine)),
    async () => {},
  );
  /** @type {number[]} */
  const done = [];
  assert.equal(await measure(MAPPING, (progress) => done.push(progress.done)), MEASURED);
  assert.deepEqual([calls[0], done], [MAPPING, [32, 96, 100]]);
  const found = measure(MAPPING, () => cancel_measure());
  assert.equal(await found, null);
});

test("where another engine answers by now, it opens the table first", async () => {
  /** @type {string[]} */
  const calls = [];
  let engines = /** @type {any} */ ({ worker: "one", trainer: null });
  const ask = async (/** @type {string} */ call) => {
    calls.push(call);
    return call === "open_measured" ? { table: INFO, mapping: MAPPING } : MEASURED;
  };
  const { openMeasured, measure } = judgingCalls(
    ask,
    async () => null,
    () => engines,
  );
  const source = { file: new File([], "test.csv"), name: "test.csv", dialect: AS_FOUND };
  await openMeasured(source, MAPPING, () => {});
  await measure(source, MAPPING, () => {});
  assert.deepEqual(calls, ["open_measured", "measure"]);
  engines = { worker: "one", trainer: "two" };
  await measure(source, MAPPING, () => {});
  assert.deepEqual(calls.slice(2), ["open_measured", "measure"]);
});

/** @param {Partial<MeasureState>} change */
const page = (change) => reduce(trained("classification"), { type: "measure", change });

test("the form shows the columns of its task, sends what is chosen, and shows the scores with what is to be known of them", () => {
  const { root, calls, update } = drawn(resultPanel, page({}));
  assert.equal(isShown(root, "measure-start"), false, "there is no table");
  update(page({ info: INFO, mapping: MAPPING }));
  assert.deepEqual(
    ["text", "pair", "negative", "label"].map((role) => isShown(root, `measure-${role}`)),
    [true, true, false, true],
  );
  assert.deepEqual([byId(root, "measure-text").value, byId(root, "measure-label").value], ["text", "label"]);
  byId(root, "measure-pair").value = "label";
  byId(root, "measure-pair").fire("change");
  assert.deepEqual(calls.at(-1), ["changeMeasured", { ...MAPPING, pair: "label" }]);
  byId(root, "measure").fire("submit");
  assert.deepEqual(calls.at(-1), ["measure"]);

  update(page({ info: INFO, mapping: { ...MAPPING, label: "" } }));
  byId(root, "measure").fire("submit");
  assert.equal(byId(root, "measure-start").attributes["aria-disabled"], "true");

  update(page({ info: INFO, mapping: MAPPING, measured: MEASURED }));
  assert.match(byId(root, "measured-final-accuracy").textContent, /0\.889/u);
  assert.match(byId(root, "measured-final-interval").textContent, /interval 0\.565 to 0\.980/u);
  assert.match(byId(root, "measure-notes").textContent, /was trained on/u);
  assert.match(byId(root, "misses-side").textContent, /Rows of test\.csv/u);
});

test("what was read, measured, cancelled or went wrong is shown, and the table stays for the next model of its task", async () => {
  let state = trained("classification");
  /** @type {any[]} */
  const asked = [];
  const answer = (/** @type {any[]} */ ...args) => new Promise((ok, fail) => asked.push({ ok, fail, args }));
  const client = { openMeasured: answer, measure: answer, cancelMeasure: async () => asked.at(-1).ok(null) };
  const dispatch = (/** @type {any} */ action) => void (state = reduce(state, action));
  const world = /** @type {any} */ ({ client, dispatch, state: () => state });
  const actions = measureActions(world, async () => {});
  const now = () => state.result.measure;
  const settled = () => new Promise((/** @type {(value: void) => void} */ resolve) => setImmediate(resolve));

  const opening = actions.openMeasured(new File([], "test.csv"));
  await settled();
  assert.deepEqual([now().busy, asked[0].args[1]], ["opening", state.data.dataset?.mapping ?? null]);
  asked[0].ok({ table: INFO, mapping: MAPPING });
  await opening;
  assert.deepEqual([now().info, now().mapping, now().busy], [INFO, MAPPING, null]);

  const first = actions.measure();
  await settled();
  assert.equal(asked[1].args[0].name, "test.csv");
  asked[1].ok(MEASURED);
  await first;
  assert.deepEqual([now().measured, now().busy], [MEASURED, null]);
  actions.changeMeasured({ ...MAPPING, text: "label" });
  assert.equal(now().measured, null, "by other columns");

  const second = actions.measure();
  await settled();
  await actions.cancelMeasure();
  await second;
  assert.deepEqual([now().measured, now().busy, now().words], [null, null, "Cancelled; nothing was measured."]);

  const third = actions.measure();
  await settled();
  asked[3].fail({ kind: "table", message: "Line 3: No." });
  await third;
  assert.deepEqual([now().busy, now().error?.message], [null, "Line 3: No."]);

  dispatch({ type: "run_started", info: null, method: "full" });
  assert.deepEqual([now().info, now().measured, now().error], [INFO, null, null]);
  const other = /** @type {any} */ ({
    ...state.data.dataset,
    info: { ...state.data.dataset?.info, task: "regression" },
  });
  dispatch({ type: "data", change: { dataset: other } });
  dispatch({ type: "run_started", info: null, method: "full" });
  assert.equal(now().info, null);
});
