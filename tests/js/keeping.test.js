// What stays where it is while a step works: the focus, and what a screen reader was told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND } from "../../www/dialect.js";
import { initialState, reduce } from "../../www/state.js";
import { byId, focusedIn, isShown } from "./page.js";
import { drawn, recorded, trained } from "./panels.js";

const { deviceForm } = await import("../../www/panels/device.js");
const { pythonPart } = await import("../../www/panels/python.js");
const { recipePanel } = await import("../../www/panels/recipe.js");
const { resultPanel } = await import("../../www/panels/result.js");

/** @typedef {import("../../www/state.js").State} State */

test("a pressed button keeps the focus while its work is done, and does nothing meanwhile", () => {
  const state = trained("classification");
  const { root, calls, update } = drawn(resultPanel, state);
  byId(root, "try-text").value = "one";
  for (const id of ["try-send", "try-row", "download-zip", "download-weights", "download-onnx"]) {
    byId(root, id).focus();
    update(reduce(state, { type: "result", change: { busy: "predict" } }));
    assert.equal(focusedIn(root), id);
    assert.equal(byId(root, id).attributes["aria-disabled"], "true", id);
    update(state);
    assert.equal(byId(root, id).attributes["aria-disabled"], "false", id);
  }
  update(reduce(state, { type: "result", change: { busy: "predict" } }));
  root.all("form")[0].fire("submit");
  byId(root, "try-row").fire("click");
  assert.deepEqual(calls, []);
  assert.equal(byId(root, "try-text").value, "one");
});

test("who predicts a table and cancels that has the focus where it can go on", () => {
  const state = trained("classification");
  const info = {
    name: "t.csv",
    format: "CSV",
    columns: ["a"],
    preview: [],
    text: "a",
    pair: null,
    bytes: 9,
    notes: [],
    worksheets: [],
    dialect: AS_FOUND,
    decimal_comma: false,
  };
  /** @param {Partial<import("../../www/outcome.js").SheetState>} change @returns {State} */
  const sheet = (change) =>
    reduce(state, { type: "sheet", change: { info: { ...info, task: "classification" }, ...change } });
  const { root, update } = drawn(resultPanel, sheet({}));
  byId(root, "sheet-start").focus();
  update(sheet({ busy: "predicting" }));
  assert.equal(focusedIn(root), "sheet-start");
  byId(root, "sheet-cancel").focus();
  update(sheet({ busy: "cancelling" }));
  assert.equal(focusedIn(root), "sheet-cancel");
  update(sheet({ busy: null }));
  assert.equal(focusedIn(root), "sheet-start");
  byId(root, "file-sheet").focus();
  update(reduce(state, { type: "sheet", change: { info: null, busy: "opening" } }));
  assert.equal(focusedIn(root), "file-sheet");
});

test("the script for Python is written once, and the focus stays where it was asked for", async () => {
  /** @type {((done: {saved: string|null, error: null}) => void)[]} */
  const waiting = [];
  const { actions } = recorded();
  const savePython = () => new Promise((resolve) => waiting.push(resolve));
  const { element, update } = pythonPart(/** @type {any} */ ({ ...actions, savePython }));
  const root = /** @type {any} */ (element);
  const set = reduce(trained("classification"), { type: "device", change: { busy: false } });
  update(reduce(set, { type: "model", change: /** @type {any} */ ({ info: { parameters: 1 } }) }));
  const button = byId(root, "save-python");
  button.focus();
  button.fire("click");
  button.fire("click");
  assert.equal(waiting.length, 1);
  assert.equal(button.attributes["aria-disabled"], "true");
  assert.equal(focusedIn(root), "save-python");
  waiting[0]({ saved: "t.zip", error: null });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(button.attributes["aria-disabled"], "false");
  assert.match(byId(root, "python-words").textContent, /^t\.zip was handed/u);
});

test("the way back to the defaults leaves the focus beside it when it goes", () => {
  /** @type {import("../../www/protocol.js").RecipeField} */
  const field = { name: "epochs", label: "Epochs", help: "", unit: "passes", advanced: false, kind: "integer" };
  const form = { fields: [field], defaults: { epochs: 3 }, draft: { epochs: "9" } };
  const state = reduce(trained("classification"), { type: "recipe", change: form });
  const { root, update } = drawn(recipePanel, state);
  byId(root, "recipe-reset").focus();
  update(reduce(state, { type: "recipe", change: { draft: { epochs: "3" } } }));
  assert.equal(isShown(root, "recipe-reset"), false);
  assert.equal(focusedIn(root), "recipe");
});

test("the unit beside a field belongs to what is said of it", () => {
  /** @type {import("../../www/protocol.js").RecipeField} */
  const field = { name: "epochs", label: "Epochs", help: "", unit: "passes", advanced: false, kind: "integer" };
  const bare = { ...field, name: "seed", unit: "" };
  const form = { fields: [field, bare], defaults: { epochs: 9, seed: 0 }, draft: { epochs: "9", seed: "0" } };
  const { root } = drawn(recipePanel, reduce(trained("classification"), { type: "recipe", change: form }));
  const described = (/** @type {string} */ id) =>
    byId(root, id)
      .attributes["aria-describedby"].split(" ")
      .map((by) => byId(root, by).textContent);
  assert.deepEqual(described("recipe-epochs"), ["passes", "", " ", ""]);
  assert.equal(described("recipe-seed").length, 3);
  assert.equal(described("several-seeds")[0], "runs");
});

test("the sentence on the device is written when it is another one, not at every draw", () => {
  const device = reduce(initialState("cpu"), {
    type: "device",
    change: { info: { kind: "cpu", name: "CPU", sentence: "Runs here.", software: false } },
  }).device;
  const { element, update } = deviceForm(recorded().actions);
  const sentence = byId(/** @type {any} */ (element), "device-sentence");
  update(device, false);
  const [written] = sentence.children;
  update(device, true);
  assert.equal(sentence.children[0], written);
  update({ ...device, busy: true }, true);
  assert.equal(sentence.textContent, "Setting up…");
});
