// The recipe that the engine picks for a model and data: it fills the form of who has changed nothing, and nobody else's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { recipeActions } from "../../www/actions/recipe.js";
import { runActions } from "../../www/actions/run.js";
import { draftOf } from "../../www/recipe.js";
import { initialState, reduce } from "../../www/state.js";

const FIELDS = /** @type {import("../../www/protocol.js").RecipeField[]} */ ([
  { name: "method", label: "Method", help: "", unit: "", advanced: false, kind: "choice", choices: [] },
  { name: "epochs", label: "Epochs", help: "", unit: "", advanced: false, kind: "integer", min: 1, max: 100 },
  { name: "rate", label: "Rate", help: "", unit: "", advanced: false, kind: "number", min: 0, max: 1 },
]);
const DEFAULTS = { method: "full", epochs: 3, rate: 0.1 };

/** A page with a form of one field whose engine suggests what it is told to. */
function stage() {
  let state = initialState("cpu");
  const dispatch = (/** @type {import("../../www/state.js").Action} */ action) => void (state = reduce(state, action));
  dispatch({ type: "device", change: { busy: false } });
  dispatch({ type: "recipe", change: { fields: FIELDS, defaults: DEFAULTS, draft: draftOf(FIELDS, DEFAULTS) } });
  const told = { method: "full", epochs: 10, asked: 0, started: /** @type {unknown[]} */ ([]) };
  const client = /** @type {any} */ ({
    suggest: async () => {
      told.asked += 1;
      const of = (/** @type {string} */ method, /** @type {number} */ rate) => {
        return { recipe: { method, epochs: told.epochs, rate }, sentence: `${method}: ${told.epochs} epochs.` };
      };
      const methods = [of("full", 0.2), of("lora", 0.5)];
      return { picked: methods.find(({ recipe }) => recipe.method === told.method), methods };
    },
    checkRecipe: async () => [],
    start: async (/** @type {unknown} */ recipe) => void told.started.push(recipe),
  });
  const actions = recipeActions({ client, dispatch, state: () => state });
  const { train } = runActions({ client, dispatch, state: () => state }, actions.settled);
  /** Opens a model, or data whose tokens are counted, or are not yet. */
  const open = (/** @type {number|null} */ tokens) => {
    const info = /** @type {any} */ ({ task: "classification", mean_tokens: tokens, classes: [] });
    const mapping = /** @type {any} */ ({ task: "classification" });
    dispatch({ type: "model", change: { info: /** @type {any} */ ({ name: "m" }) } });
    dispatch({ type: "data", change: { dataset: { info, table: "t", mapping } } });
  };
  const watch = async () => {
    actions.watch();
    await actions.settled();
  };
  return { actions, told, open, watch, train, recipe: () => state.recipe };
}

test("a form that nobody has touched shows what was picked", async () => {
  const { told, open, watch, recipe } = stage();
  await watch();
  open(null);
  await watch();
  assert.deepEqual([told.asked, recipe().draft.epochs], [0, "3"], "nothing is asked before tokens are counted");
  open(7);
  await watch();
  await watch();
  assert.deepEqual([told.asked, recipe().draft.epochs], [1, "10"]);
  assert.equal(recipe().suggestions?.picked.sentence, "full: 10 epochs.");
  // Other data: what was picked before counts as untouched.
  told.epochs = 4;
  open(9);
  await watch();
  assert.equal(recipe().draft.epochs, "4");
});

test("what somebody wrote stays, and leads back to what was picked", async () => {
  const { actions, open, watch, recipe } = stage();
  await actions.changeField("epochs", "5");
  open(7);
  await watch();
  assert.equal(recipe().draft.epochs, "5");
  await actions.resetRecipe();
  assert.equal(recipe().draft.epochs, "10");
});

test("another method brings what was picked for it, but for what somebody wrote", async () => {
  const { actions, told, open, watch, recipe } = stage();
  open(7);
  await watch();
  assert.deepEqual(recipe().draft, { method: "full", epochs: "10", rate: "0.2" });
  await actions.changeField("method", "lora");
  assert.deepEqual(recipe().draft, { method: "lora", epochs: "10", rate: "0.5" });
  // Other data: the method that somebody chose stays, and the rest still follows.
  Object.assign(told, { epochs: 4 });
  open(9);
  await watch();
  assert.deepEqual(recipe().draft, { method: "lora", epochs: "4", rate: "0.5" });
  await actions.changeField("epochs", "6");
  await actions.changeField("method", "full");
  assert.deepEqual(recipe().draft, { method: "full", epochs: "6", rate: "0.2" });
  await actions.resetRecipe();
  assert.deepEqual(recipe().draft, { method: "full", epochs: "4", rate: "0.2" });
});

test("a method that was picked follows other data, and one that nothing was picked for has the defaults", async () => {
  const { actions, told, open, watch, recipe } = stage();
  await actions.changeField("method", "lora");
  assert.deepEqual(recipe().draft, { method: "lora", epochs: "3", rate: "0.1" });
  open(7);
  await watch();
  assert.deepEqual(recipe().draft, { method: "lora", epochs: "10", rate: "0.5" });
  await actions.resetRecipe();
  assert.equal(recipe().draft.method, "full");
  told.method = "lora";
  open(9);
  await watch();
  assert.deepEqual(recipe().draft, { method: "lora", epochs: "10", rate: "0.5" });
});

test("who trains at once trains with what is about to be picked", async () => {
  const { actions, told, open, train, recipe } = stage();
  open(7);
  actions.watch();
  assert.equal(recipe().picking, true, "the page says that it is being picked");
  await train();
  assert.deepEqual(told.started, [{ method: "full", epochs: 10, rate: 0.2 }]);
  assert.equal(recipe().picking, false);
});
