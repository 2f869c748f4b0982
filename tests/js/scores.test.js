// Names, figures and directions of scores.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  bestOf,
  describe,
  direction,
  mainScores,
  scoreNames,
  showScore,
  showTick,
  titleOf,
  wilson,
} from "../../www/scores.js";

/** @type {import("../../www/protocol.js").ScoreWords[]} */
const TABLE = [
  { name: "loss", words: "loss", form: "number", higher_is_better: false },
  { name: "accuracy", words: "accuracy", form: "percent", higher_is_better: true },
  { name: "macro_f1", words: "macro-F1", form: "number", higher_is_better: true },
  { name: "r2", words: "R²", form: "number", higher_is_better: true },
  { name: "perplexity", words: "perplexity", form: "number", higher_is_better: false },
];

/** @param {number} epoch @param {import("../../www/protocol.js").Metrics|null} validation @param {boolean} [best] */
function epochEvent(epoch, validation, best = false) {
  const rest = { step: epoch * 10, train_loss: 1, best, seconds: 1, note: null };
  return { type: /** @type {const} */ ("epoch"), epoch, validation, ...rest };
}

test("figures are shown in their form", () => {
  const show = (/** @type {string} */ name, /** @type {number|null|undefined} */ value) =>
    showScore(describe(TABLE, name), value);
  assert.equal(show("accuracy", 0.934), "93.4\u00a0%");
  assert.equal(show("macro_f1", 0.9481), "0.948");
  assert.equal(show("r2", -0.25), "-0.250");
  assert.equal(show("perplexity", 30522.4), "30,522");
  assert.equal(show("r2", 0.0004), "0.000");
  assert.equal(show("loss", 0.43121), "0.4312");
  for (const nothing of [null, undefined, NaN]) assert.equal(show("accuracy", nothing), "–");
  assert.equal(show("perplexity", Infinity), "∞");
});

test("an axis is marked in the form of its score", () => {
  const marks = (/** @type {string} */ name, /** @type {number[]} */ values) =>
    values.map((value) => showTick(describe(TABLE, name), value));
  assert.deepEqual(marks("accuracy", [0, 0.125, 0.1 + 0.2, 1]), ["0\u00a0%", "12.5\u00a0%", "30\u00a0%", "100\u00a0%"]);
  assert.deepEqual(marks("macro_f1", [0, 0.125, 0.1 + 0.2]), ["0", "0.125", "0.3"]);
  assert.deepEqual(marks("perplexity", [20_000]), ["20K"]);
});

test("scores are called by their words, unknown ones by their name", () => {
  assert.deepEqual(TABLE.map(titleOf), ["Loss", "Accuracy", "Macro-F1", "R²", "Perplexity"]);
  assert.equal(titleOf(describe([], "a_new_score")), "A new score");
  assert.equal(direction(TABLE[1]), "higher is better");
  assert.equal(direction(TABLE[4]), "lower is better");
});

test("the main score is the first, and the loss is none", () => {
  assert.deepEqual(scoreNames({ loss: 1, spearman: null, mse: 2 }), ["spearman", "mse"]);
  const epochs = [
    epochEvent(1, { loss: 1, perplexity: 9 }),
    epochEvent(2, { loss: 1, perplexity: null }),
    epochEvent(3, { loss: 1, perplexity: 7 }),
    epochEvent(4, { loss: 1, perplexity: 8 }),
  ];
  const main = mainScores(epochs);
  assert.equal(main?.name, "perplexity");
  assert.deepEqual(
    main?.values.map(({ epoch }) => epoch),
    [1, 3, 4],
  );
  assert.equal(bestOf(main?.values ?? [], TABLE[4])?.epoch, 3, "lower is better");
  assert.equal(bestOf(main?.values ?? [], TABLE[1])?.epoch, 1, "higher is better");
  assert.equal(mainScores([epochEvent(1, null)]), null, "no validation rows");
  assert.equal(bestOf([], TABLE[1]), null);
});

test("the best epoch is the one that the engine marked, and without a mark found by its rule", () => {
  const best = (/** @type {ReturnType<typeof epochEvent>[]} */ epochs) => {
    const main = mainScores(epochs);
    return bestOf(main?.values ?? [], TABLE[1])?.epoch;
  };
  const equal = (/** @type {boolean} */ marked) => [
    epochEvent(1, { loss: 0.5, accuracy: 0.5 }),
    epochEvent(2, { loss: 0.4, accuracy: 1 }),
    epochEvent(3, { loss: 0.2, accuracy: 1 }, marked),
    epochEvent(4, { loss: 0.3, accuracy: 1 }),
  ];
  assert.equal(best(equal(true)), 3);
  assert.equal(best(equal(false)), 3, "the lower loss decides between equal scores");
  const byLoss = [epochEvent(1, { loss: 0.2, accuracy: 0.9 }, true), epochEvent(2, { loss: 0.9, accuracy: 1 })];
  assert.equal(best(byLoss), 1, "the recipe's metric may be another one than the main score");
});

test("a share has Wilson's interval, as the engine has it", () => {
  const fixture = new URL("../fixtures/intervals.json", import.meta.url);
  for (const { right, of, low, high } of JSON.parse(readFileSync(fixture, "utf8")).wilson) {
    const found = wilson(right / of, of);
    assert.ok(Math.abs(found.low - low) < 1e-9 && Math.abs(found.high - high) < 1e-9, `${right} of ${of}`);
  }
});
