// What a search's events add up to, how its table is sorted, and what leaves as a spreadsheet.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addEvents, howFar, idleRun, progress, standing } from "../../www/run.js";
import { bestRow, csv, firstOrder, newSearch, showValue, soFar, sorted, variedFields } from "../../www/search.js";

/** @typedef {import("../../www/client.js").Event} Event */
/** @typedef {import("../../www/search.js").Search} Search */

const BASE = { method: "full", learning_rate: 5e-5, metric: "main" };

function started() {
  const info = { runs: 3, changes: [], notes: [] };
  const subject = {
    ...{ model: "m", base: "m", table: "t", data: null, pairs: false },
    ...{ task: /** @type {const} */ ("classification"), method: /** @type {const} */ ("full") },
  };
  return { ...idleRun(), status: /** @type {const} */ ("running"), subject, search: newSearch(info, BASE) };
}

/** @param {number} trial @param {import("../../www/protocol.js").Recipe} changes @returns {Event} */
function begin(trial, changes) {
  const run = {
    ...{ total_steps: 4, steps_per_epoch: 2, max_length: 8, train: 9, validation: 3, tokens_per_epoch: 90 },
    ...{ parameters: { trainable: 5, frozen: 0 }, notes: [] },
  };
  return { type: "trial_started", trial, total: 3, changes, run };
}

/** @param {number} step @param {number} loss @returns {Event} */
function step(step, loss) {
  const rest = { learning_rate: 1e-4, grad_norm: 1, examples: step * 4, tokens: step * 40, seconds: step };
  return { type: "step", step, total_steps: 4, epoch: step / 2, loss, ...rest };
}

/** @param {number} epoch @param {number} accuracy @returns {Event} */
function epoch(epoch, accuracy) {
  const validation = { loss: 0.5, accuracy };
  return {
    type: "epoch",
    epoch,
    step: epoch * 2,
    train_loss: 1,
    validation,
    best: true,
    seconds: 2 * epoch,
    note: null,
  };
}

/** @param {number} trial @param {number|null} score @param {Partial<import("../../www/protocol.js").TrialDoneEvent>} [more] @returns {Event} */
function end(trial, score, more = {}) {
  return {
    ...{ type: /** @type {const} */ ("trial_done"), trial, changes: { learning_rate: trial * 1e-4 } },
    ...{ state: /** @type {const} */ ("completed"), metric: score === null ? null : "accuracy", score },
    ...{ best_epoch: 1, seconds: 4, best: false, mistake: null, ...more },
  };
}

/** @type {Event} */
const DONE = {
  ...{ type: "done", reason: "completed", best_epoch: 2, steps: 4, seconds: 4, optimizer_bytes: 0 },
  ...{ metrics: null, report: null, sentence: "The best of 3 runs is run 1." },
};

/** Two whole runs, the first one better, and a third that failed. */
const WHOLE = [
  begin(1, { learning_rate: 1e-4 }),
  ...[step(1, 3), step(2, 2), epoch(1, 0.5), step(3, 2), step(4, 1), epoch(2, 0.75)],
  end(1, 0.75, { best: true }),
  begin(2, { learning_rate: 2e-4, method: "lora" }),
  ...[step(1, 9), step(2, 8), epoch(1, 0.25)],
  end(2, 0.25, { state: "stopped_early", seconds: 2 }),
  /** @type {Event} */ ({ ...begin(3, { learning_rate: 3e-4 }), run: null }),
  end(3, null, { state: "failed", mistake: 'Too "large", by far.', seconds: 0 }),
];

test("each run has its own curves, and in the end the best one's are shown", () => {
  const going = addEvents(started(), WHOLE.slice(0, 10));
  assert.deepEqual(going.curves.loss, [9]);
  assert.equal(going.subject?.method, "lora");
  const over = addEvents(started(), [...WHOLE, DONE]);
  assert.equal(over.status, "done");
  assert.deepEqual(over.curves.loss, [3, 2, 2, 1]);
  assert.deepEqual(
    over.epochs.map(({ validation }) => validation?.accuracy),
    [0.5, 0.75],
  );
  assert.equal(over.subject?.method, "full", "what can be downloaded depends on it");
  assert.equal(over.info?.total_steps, 4);
  assert.equal(standing(over), "The best of 3 runs is run 1.");
});

test("it does not matter how the events are grouped", () => {
  const whole = [...WHOLE, DONE];
  /** @type {import("../../www/run.js").RunState} */
  const first = started();
  const singly = whole.reduce((run, event) => addEvents(run, [event]), first);
  assert.deepEqual(addEvents(first, whole), singly);
});

test("the table has a row per run, of which one is the best", () => {
  const { search } = addEvents(started(), WHOLE);
  assert.ok(search);
  assert.deepEqual(
    search.rows.map(({ trial, state, score, best, epochs }) => [trial, state, score, best, epochs.length]),
    [
      [1, "completed", 0.75, true, 2],
      [2, "stopped_early", 0.25, false, 1],
      [3, "failed", null, false, 0],
    ],
  );
  const better = addEvents({ ...started(), search: { ...search, total: 4 } }, [
    begin(4, {}),
    end(4, 0.9, { best: true }),
  ]);
  assert.ok(better.search);
  assert.equal(bestRow(better.search)?.trial, 4);
  assert.equal(better.search.rows.filter(({ best }) => best).length, 1);
});

test("progress is that of all runs, and says which one is under way", () => {
  const second = addEvents(started(), WHOLE.slice(0, 11));
  assert.equal(standing(second), "Run 2 of 3. Epoch 1 of 2, step 2 of 4.");
  assert.deepEqual(progress(second), { share: 0.5, elapsed: 6, remaining: 6 });
  assert.equal(howFar(second), "50\u00a0%");
  assert.equal(progress(addEvents(started(), [...WHOLE, DONE])).elapsed, 6);
  assert.equal(progress(started()).share, 0);
});

/** @param {Partial<import("../../www/search.js").Row>[]} rows @returns {import("../../www/search.js").Row[]} */
function table(rows) {
  return rows.map((row, at) => ({
    ...{ trial: at + 1, changes: {}, state: "completed", metric: "accuracy", score: 0.5, best_epoch: 1, seconds: 1 },
    ...{ best: false, mistake: null, epochs: [] },
    ...row,
  }));
}

test("the table is sorted by any column, either way; what is not known comes last", () => {
  const rows = table([
    { score: 0.5, seconds: 9, changes: { schedule: "linear", epochs: 10 } },
    { score: null, state: "failed", changes: { schedule: "cosine" } },
    { score: 0.9, seconds: 2, changes: { schedule: "cosine", epochs: 2 } },
    { score: 0.5, seconds: 3, state: "stopped_early", changes: { schedule: "linear", epochs: 3 } },
  ]);
  const by = (/** @type {string} */ key, /** @type {boolean} */ down) =>
    sorted(rows, { key, down }).map((row) => row.trial);
  assert.deepEqual(by("trial", false), [1, 2, 3, 4]);
  assert.deepEqual(by("trial", true), [4, 3, 2, 1]);
  assert.deepEqual(by("score", true), [3, 1, 4, 2]);
  assert.deepEqual(by("score", false), [1, 4, 3, 2]);
  assert.deepEqual(by("seconds", false), [3, 4, 1, 2]);
  assert.deepEqual(by("epochs", false), [3, 4, 1, 2], "as numbers, not as words");
  assert.deepEqual(by("schedule", false), [2, 3, 1, 4]);
  assert.deepEqual(by("state", false), [1, 3, 4, 2]);
  assert.deepEqual(
    rows.map(({ trial }) => trial),
    [1, 2, 3, 4],
    "the rows themselves stay as they are",
  );
});

/** @param {number} epoch @param {number} loss @param {number} accuracy @param {boolean} [best] */
function measured(epoch, loss, accuracy, best = true) {
  const rest = { step: epoch, train_loss: 1, best, seconds: 1, note: null };
  return { type: /** @type {const} */ ("epoch"), epoch, validation: { loss, accuracy }, ...rest };
}

test("of equal scores the run that is marked as the best comes first, then that of the lower loss", () => {
  const rows = table([
    { score: 1, epochs: [measured(1, 0.4, 1)] },
    { score: 1, epochs: [measured(1, 0.3, 1)] },
    { score: 0.5, epochs: [measured(1, 0.1, 0.5)] },
    { score: 1, best: true, best_epoch: 2, epochs: [measured(1, 0.9, 0.5), measured(2, 0.2, 1)] },
  ]);
  const down = sorted(rows, { key: "score", down: true });
  assert.deepEqual(
    down.map(({ trial }) => trial),
    [4, 2, 1, 3],
  );
  const seconds = sorted(rows, { key: "seconds", down: true });
  assert.deepEqual(
    seconds.map(({ trial }) => trial),
    [1, 2, 3, 4],
    "by other columns equals stay as they were made",
  );
});

test("the run under way has what it reached so far, and is sorted by it", () => {
  const rows = table([
    { score: 0.5 },
    { score: null, state: "running", best_epoch: 0, seconds: 0 },
    { score: 0.9, state: "failed" },
  ]);
  assert.equal(soFar(rows, [], "accuracy"), rows, "nothing is measured yet");
  const seen = soFar(rows, [measured(1, 0.4, 0.7), measured(2, 0.6, 0.6, false)], "accuracy");
  assert.deepEqual(
    seen.map(({ score, best_epoch }) => [score, best_epoch]),
    [
      [0.5, 1],
      [0.7, 1],
      [0.9, 1],
    ],
  );
  const by = (/** @type {string} */ key) => sorted(seen, { key, down: true }).map(({ trial }) => trial);
  assert.deepEqual(by("score"), [3, 2, 1]);
  assert.deepEqual(by("seconds"), [1, 3, 2], "how long it takes nobody knows");
  const again = table([{ score: 0.8, state: "running", again: true }]);
  assert.equal(soFar(again, [measured(1, 0.4, 0.7)], "accuracy")[0].score, 0.8, "made a second time");
});

test("at the end the best comes first, whichever way is better", () => {
  const score = { name: "loss", words: "loss", form: /** @type {const} */ ("number"), higher_is_better: false };
  assert.deepEqual(firstOrder(false, score), { key: "trial", down: false });
  assert.deepEqual(firstOrder(true, score), { key: "score", down: false });
  assert.deepEqual(firstOrder(true, { ...score, higher_is_better: true }), { key: "score", down: true });
});

test("values are shown as they are typed", () => {
  assert.deepEqual(
    [5e-5, 0.1, 16, true, false, null, "cosine", undefined].map((value) => showValue(value)),
    ["5e-5", "0.1", "16", "on", "off", "automatic", "cosine", "–"],
  );
});

test("the spreadsheet has all figures and is quoted where it must be", () => {
  const { search } = addEvents(started(), WHOLE);
  assert.ok(search);
  assert.deepEqual(variedFields(search), ["learning_rate"]);
  assert.deepEqual(csv(search).split("\r\n"), [
    "run,learning_rate,accuracy,best_epoch,seconds,state,best,mistake",
    "1,0.0001,0.75,1,4,completed,true,",
    "2,0.0002,0.25,1,2,stopped_early,false,",
    '3,0.00030000000000000003,,1,0,failed,false,"Too ""large"", by far."',
    "",
  ]);
});
