// What a run's events add up to: curves, smoothing, rates, epochs, progress and the sentence.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addEvents, howFar, idleRun, learning, progress, standing } from "../../www/run.js";

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
  const parameters = { trainable: 22_713_216, frozen: 0 };
  return { ...idleRun(), status: /** @type {const} */ ("running"), info: { ...info, parameters, notes: [] } };
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

/** A run that fits a head. */
function fitting() {
  const rest = {
    model: "m",
    base: "m",
    table: "t",
    data: null,
    task: /** @type {const} */ ("classification"),
    pairs: false,
  };
  return { ...started(), subject: { ...rest, method: /** @type {const} */ ("frozen") } };
}

/** @param {number} done */
function encodeEvent(done) {
  return { type: /** @type {const} */ ("encode"), done, total: 240 };
}

test("texts are encoded, then a head is fitted for as long as it takes", () => {
  const run = fitting();
  assert.deepEqual([standing(run), howFar(run)], ["The first texts are under way.", "0\u00a0%"]);
  const encoding = addEvents(run, [encodeEvent(32), encodeEvent(60)]);
  assert.equal(encoding.status, "running", "no failure");
  assert.equal(standing(encoding), "Encoding the texts: 60 of 240.");
  assert.equal(progress(encoding).share, 0.25);
  assert.equal(standing({ ...encoding, status: "paused" }), "Paused. Encoding the texts: 60 of 240.");
  const encoded = addEvents(encoding, [encodeEvent(240)]);
  assert.deepEqual([standing(encoded), howFar(encoded)], ["Fitting the head.", "Fitting"]);
  const fit = addEvents(encoded, [stepEvent(12, { total_steps: 500, learning_rate: 0, seconds: 3 })]);
  assert.equal(standing(fit), "Fitting the head, iteration 12.");
  assert.deepEqual(progress(fit), { share: NaN, elapsed: 3, remaining: NaN });
});

test("a fit of texts that were encoded before begins at once, and its loss is drawn as it is", () => {
  const losses = [3, 2, 1];
  const run = addEvents(
    fitting(),
    losses.map((loss, place) => stepEvent(place + 1, { loss, total_steps: 500 })),
  );
  assert.deepEqual([standing(run), howFar(run)], ["Fitting the head, iteration 3.", "Fitting"]);
  assert.deepEqual(run.curves.smooth, losses);
});

test("between the pairs and the head of a contrastive run the texts are encoded", () => {
  const pairs = { ...fitting(), subject: { ...fitting().subject, method: /** @type {const} */ ("contrastive") } };
  const learnt = addEvents(pairs, [stepEvent(39), stepEvent(40)]);
  assert.equal(standing(learnt), "Epoch 2 of 2, step 40 of 40.");
  const encoding = addEvents(learnt, [encodeEvent(60)]);
  assert.equal(standing(encoding), "Encoding the texts for the head: 60 of 240.");
  assert.equal(standing(addEvents(encoding, [encodeEvent(240)])), "Epoch 2 of 2, step 40 of 40.");
});

test("how much of a model learns is said in words, and at the end what that took", () => {
  const run = started();
  assert.equal(learning(idleRun()), "");
  assert.equal(learning(run), "Training all 22.7 million parameters.");
  /** @type {(trainable: number, frozen: number) => ReturnType<typeof fitting>} */
  const of = (trainable, frozen) => ({ ...fitting(), info: { ...run.info, parameters: { trainable, frozen } } });
  assert.equal(learning(of(300_000, 22_400_000)), "Training 300,000 parameters; 22.4 million stay as they are.");
  assert.equal(learning(of(1155, 22_700_000)), "Training 1,155 parameters; 22.7 million stay as they are.");
  const done = {
    ...{ type: /** @type {const} */ ("done"), reason: /** @type {const} */ ("completed"), best_epoch: 1, steps: 9 },
    ...{ seconds: 3, optimizer_bytes: 181_000_000, metrics: null, report: null, sentence: "Done." },
  };
  assert.equal(learning(addEvents(run, [done])), "Trained all 22.7 million parameters. The optimiser kept 181 MB.");
  const frozen = addEvents(of(1155, 22_700_000), [{ ...done, optimizer_bytes: 0 }]);
  assert.equal(learning(frozen), "Trained 1,155 parameters; 22.7 million stayed as they were.");
});
