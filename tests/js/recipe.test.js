// The hyperparameter form as data: what is read from a field, and what is said of a bad value.

import assert from "node:assert/strict";
import { test } from "node:test";

import { draftOf, readDraft, readField, usedBy } from "../../www/recipe.js";

/** @typedef {import("../../www/protocol.js").RecipeField} RecipeField */

/** @param {Partial<RecipeField>} more @returns {RecipeField} */
function field(more) {
  return { name: "f", label: "F", help: "", unit: "", advanced: false, kind: "number", min: 0, max: 1, ...more };
}

const EPOCHS = field({ name: "epochs", label: "Epochs", unit: "passes", kind: "integer", min: 1, max: 1000 });
const RATE = field({ name: "learning_rate", label: "Learning rate" });
const LENGTH = field({
  name: "max_length",
  label: "Maximum length",
  kind: "integer",
  min: 3,
  max: 512,
  optional: true,
});

test("numbers are read as people write them", () => {
  for (const [written, value] of /** @type {const} */ ([
    ["5e-5", 5e-5],
    ["0,5", 0.5],
    [" 1 ", 1],
    [".5", 0.5],
    ["0", 0],
  ])) {
    assert.deepEqual(readField(RATE, written), { value }, written);
  }
});

test("everything else is refused with what is allowed", () => {
  for (const written of ["", "x", "-1", "1.1", "1,2,3", "1e400", "NaN", "Infinity"]) {
    assert.deepEqual(readField(RATE, written), { mistake: "Learning rate takes a number from 0 to 1." }, written);
  }
  for (const written of ["0", "1.5", "1001"]) {
    assert.deepEqual(readField(EPOCHS, written), { mistake: "Epochs takes a whole number from 1 to 1000 passes." });
  }
});

test("an optional field may be empty, and says so", () => {
  assert.deepEqual(readField(LENGTH, " "), { value: null });
  assert.deepEqual(readField(LENGTH, "2"), {
    mistake: "Maximum length takes a whole number from 3 to 512, or nothing.",
  });
});

test("the draft of a recipe reads back as that recipe", () => {
  const keep = field({ name: "keep_best", kind: "switch" });
  const schedule = field({ name: "schedule", kind: "choice", choices: [["linear", "Linear"]] });
  const fields = [EPOCHS, RATE, LENGTH, keep, schedule];
  const recipe = { epochs: 3, learning_rate: 5e-5, max_length: null, keep_best: true, schedule: "linear" };
  const draft = draftOf(fields, recipe);
  assert.equal(draft.learning_rate, "5e-5");
  assert.deepEqual(readDraft(fields, {}, draft), { recipe, mistakes: {} });
});

test("fields belong to methods and tasks, or to all of them", () => {
  const rank = field({ name: "lora_rank", for_method: ["lora"] });
  const smoothing = field({ name: "label_smoothing", for_task: ["classification", "tokens"] });
  const both = field({ name: "b", for_method: "frozen", for_task: "language" });
  const names = (/** @type {import("../../www/recipe.js").Draft} */ draft, /** @type {any} */ task) =>
    [EPOCHS, rank, smoothing, both].filter(usedBy(draft, task)).map(({ name }) => name);
  assert.deepEqual(names({ method: "full" }, "classification"), ["epochs", "label_smoothing"]);
  assert.deepEqual(names({ method: "lora" }, "regression"), ["epochs", "lora_rank"]);
  assert.deepEqual(names({ method: "frozen" }, "language"), ["epochs", "b"]);
  assert.deepEqual(names({}, "tokens"), ["epochs", "lora_rank", "label_smoothing"], "no choice of methods");
});
