// What a run's events add up to: curves, smoothing, rates, epochs, progress and the sentence.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addEvents, idleRun, progress, standing } from "../../www/run.js";

/** @typedef {import("../../www/protocol.js").StepEvent} StepEvent */
/** @typedef {import("../../www/protocol.js").EpochEvent} EpochEvent */

const TOTAL = 40;

/** @param {number} step @param {Partial<StepEvent>} [more] @returns {StepEvent} */
function stepEvent(step, more = {}) {
  const epoch = step / 20;
  const base = {
    loss: 1,
    learning_rate: 1e-5,
    grad_norm: 1,
    examples: step * 16,
    tokens: step * 160,
    seconds: step * 2,
  };
  return { type: "step", step, total_steps: TOTAL, epoch, ...base, ...more };
}

/** @param {number} epoch @param {boolean} best @returns {EpochEvent} */
function epochEvent(epoch, best) {
  const validation = { loss: 0.5, accuracy: 0.9, macro_f1: 0.8 };
  return { type: "epoch", epoch, step: epoch * 20, train_loss: 0.4, validation, best, seconds: 44, note: null };
}

function started() {
  const info = {
    total_steps: TOTAL,
    steps_per_epoch: 20,
    max_length: 8,
    train: 320,
    validation: 9,
    tokens_per_epoch: 3200,
  };
  return { ...idleRun(), status: /** @type {const} */ ("running"), info: { ...info, notes: [] } };
}

test("the first smoothed value is the first loss, and a constant stays what it is", () => {
  const run = addEvents(started(), [stepEvent(1, { loss: 3 }), stepEvent(2, { loss: 3 }), stepEvent(3, { loss: 3 })]);
  for (const value of run.curves.smooth) assert.ok(Math.abs(value - 3) < 1e-12);
});

test("smoothing does not depend on how the events are grouped", () => {
  const events = Array.from({ length: 30 }, (_, index) => stepEvent(index + 1, { loss: 2 + Math.sin(index) }));
  const once = addEvents(started(), events);
  const singly = events.reduce(
    (run, event) => addEvents(run, [event]),
    /** @type {ReturnType<typeof idleRun>} */ (started()),
  );
  assert.deepEqual(once.curves, singly.curves);
  assert.deepEqual(once.rates, singly.rates);
});

test("a loss that is not a number leaves the smoothed line where it was", () => {
  const run = addEvents(started(), [stepEvent(1, { loss: 2 }), stepEvent(2, { loss: NaN }), stepEvent(3, { loss: 2 })]);
  assert.deepEqual(run.curves.smooth.map(Math.round), [2, 2, 2]);
});

test("rates are those of the last steps", () => {
  const run = addEvents(started(), [stepEvent(1), stepEvent(2), stepEvent(3)]);
  assert.equal(run.rates.examples, 8);
  assert.equal(run.rates.tokens, 80);
});

test("only one epoch is the best", () => {
  const run = addEvents(started(), [epochEvent(1, true), epochEvent(2, true), epochEvent(3, false)]);
  assert.deepEqual(
    run.epochs.map(({ best }) => best),
    [false, true, false],
  );
});

test("progress is the share of steps, with the time left at the speed so far", () => {
  const run = addEvents(started(), [stepEvent(10)]);
  assert.deepEqual(progress(run), { share: 0.25, elapsed: 20, remaining: 60 });
  assert.equal(progress(started()).share, 0);
  assert.ok(Number.isNaN(progress(started()).remaining));
});

test("validation shows while it is under way, and ends with the next step", () => {
  const evaluate = { type: /** @type {const} */ ("evaluate"), done: 4, total: 9 };
  const validating = addEvents(started(), [stepEvent(20), evaluate]);
  assert.equal(standing(validating), "Epoch 1 of 2: validating, row 4 of 9.");
  const onward = addEvents(validating, [epochEvent(1, true), stepEvent(21)]);
  assert.equal(standing(onward), "Epoch 2 of 2, step 21 of 40.");
  assert.equal(standing({ ...onward, status: "paused" }), "Paused. Epoch 2 of 2, step 21 of 40.");
});

test("a failure ends the run and keeps its curves", () => {
  const mistake = { kind: /** @type {const} */ ("device"), message: "The GPU was lost." };
  const run = addEvents(started(), [stepEvent(1), { type: "failed", mistake }]);
  assert.equal(run.status, "failed");
  assert.equal(run.error, mistake);
  assert.equal(run.curves.loss.length, 1);
});
