// Steps 2, 3 and 5 as a user meets them for each task: what is asked, what is shown, and what is sent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { initialState, reduce } from "../../www/state.js";
import { TASKS, taskOf } from "../../www/tasks.js";
import { byId, focusedIn, installPage, isShown, page } from "./page.js";

installPage();
Object.assign(globalThis, { HTMLInputElement: class {} });
const { dataPanel } = await import("../../www/panels/data.js");
const { runControls } = await import("../../www/panels/controls.js");
const { announcer } = await import("../../www/panels/announcer.js");
const { deviceForm } = await import("../../www/panels/device.js");
const { pythonPart } = await import("../../www/panels/python.js");
const { recipePanel } = await import("../../www/panels/recipe.js");
const { resultPanel } = await import("../../www/panels/result.js");

/** @typedef {import("../../www/protocol.js").Task} Task */
/** @typedef {import("../../www/protocol.js").Mapping} Mapping */
/** @typedef {import("../../www/state.js").State} State */

const NAMES = ["one", "two", "three", "four"];

/** @param {Task} task @returns {Mapping} */
function mapping(task) {
  const rest = { negative: null, separator: null, split: null, validation_share: 0.1, seed: 0 };
  return {
    task,
    text: "one",
    pair: task === "answers" || task === "embedding" ? "two" : null,
    label: "three",
    ...rest,
  };
}

/** A page with a table, and with a model trained for a task. @param {Task} task @param {Partial<Mapping>} [more] @returns {State} */
function trained(task, more = {}) {
  const columns = NAMES.map((name) => ({ name, distinct: 3, empty: 0, mean_characters: 12 }));
  const chosen = { ...mapping(task), ...more };
  const preview = [["first", "second", "third", "fourth"]];
  const table = { name: "t.csv", format: "CSV", rows: 1, columns, preview, mapping: chosen, notes: [] };
  const figures = { train: 9, validation: 1, longest_tokens: null, mean_tokens: null, notes: [] };
  const dataset = { info: { task, classes: [], ...figures }, table: "t.csv", mapping: chosen };
  const state = reduce(initialState("cpu"), { type: "data", change: { table, mapping: chosen, dataset } });
  const method = /** @type {const} */ ("full");
  const subject = { model: "m", base: "owner/m", table: "t.csv", task, pairs: chosen.pair !== null, method };
  return reduce(state, { type: "run", change: { status: "done", subject } });
}

/** Actions that record how they were called. */
function recorded() {
  /** @type {[string, ...unknown[]][]} */
  const calls = [];
  const actions = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (/** @type {unknown[]} */ ...args) =>
          calls.push([String(name), ...args]),
    },
  );
  return { calls, actions: /** @type {import("../../www/actions.js").Actions} */ (actions) };
}

/** @param {(actions: import("../../www/actions.js").Actions) => {element: unknown, update: (state: State) => void}} panel @param {State} state */
function drawn(panel, state) {
  const { calls, actions } = recorded();
  const { element, update } = panel(actions);
  update(state);
  return { root: /** @type {import("./page.js").Element} */ (element), calls, update };
}

test("each task asks for its columns and no others", () => {
  for (const { task, columns } of TASKS) {
    const { root } = drawn(dataPanel, trained(task));
    for (const role of ["text", "pair", "label", "negative"]) {
      const asked = columns.some((column) => column.role === role);
      assert.equal(isShown(root, `map-${role}`), asked, `${task}: ${role}`);
    }
    assert.equal(isShown(root, "map-separator"), task === "multi_label", task);
    const picked = byId(root, `task-${task.replaceAll("_", "-")}`);
    assert.equal(/** @type {any} */ (picked).checked, true, task);
  }
});

test("the guess is said, and that another task was chosen", () => {
  const state = trained("classification", { pair: "two" });
  const { root, update } = drawn(dataPanel, state);
  assert.equal(byId(root, "task-guess").textContent, "Looks like pairs of texts with a label.");
  update(reduce(state, { type: "data", change: { mapping: mapping("regression") } }));
  assert.match(byId(root, "task-guess").textContent, /^Looked like pairs of texts with a label; you/u);
});

test("picking a task and changing a column is sent as a whole mapping", () => {
  const { root, calls } = drawn(dataPanel, trained("multi_label"));
  byId(root, "task-tokens").fire("change");
  byId(root, "map-pair").value = "four";
  byId(root, "map-separator").value = "|";
  byId(root, "map-pair").fire("change");
  assert.deepEqual(calls, [
    ["chooseTask", "tokens"],
    ["changeMapping", { ...mapping("multi_label"), pair: "four", separator: "|" }, {}],
  ]);
});

test("a share that is none is said beside its field and stays there, and other fields are sent", () => {
  const state = trained("classification");
  const { root, calls, update } = drawn(dataPanel, state);
  byId(root, "map-share").value = "95";
  byId(root, "map-label").value = "four";
  byId(root, "map-label").fire("change");
  const mistakes = { share: "A number from 0 to 90; 10 is usual." };
  const chosen = { ...mapping("classification"), label: "four" };
  assert.deepEqual(calls, [["changeMapping", chosen, mistakes]]);
  update(reduce(state, { type: "data", change: { mapping: chosen, mistakes } }));
  assert.equal(byId(root, "map-share").value, "95");
  assert.equal(byId(root, "map-share").attributes["aria-invalid"], "true");
  assert.match(byId(root, "map-share-error").textContent, /from 0 to 90/u);
  assert.equal(byId(root, "map-share-error").attributes.role, "alert");
  update(reduce(state, { type: "data", change: { mapping: chosen, mistakes: {} } }));
  assert.equal(byId(root, "map-share").value, "10");
  assert.equal(isShown(root, "map-share-error"), false);
});

test("a column that does not fit is marked, and says why", () => {
  const state = trained("classification");
  const error = /** @type {const} */ ({ kind: "table", column: "three", message: "Column “three”: no." });
  const { root, update } = drawn(dataPanel, reduce(state, { type: "data", change: { error } }));
  assert.equal(byId(root, "map-label").attributes["aria-invalid"], "true");
  assert.equal(byId(root, "map-label-error").textContent, error.message);
  assert.equal(byId(root, "map-text").attributes["aria-invalid"], undefined);
  assert.match(byId(root, "data-still").textContent, /still uses t\.csv with “one” as text/u);
  update(state);
  assert.equal(byId(root, "map-label").attributes["aria-invalid"], undefined);
  assert.equal(isShown(root, "map-label-error"), false);
});

test("that a table is open is told, and once", () => {
  const state = trained("classification");
  const { root, update } = drawn(dataPanel, reduce(state, { type: "data", change: { loading: "t.csv" } }));
  assert.equal(byId(root, "data-status").textContent, "Reading t.csv.");
  update(state);
  assert.equal(byId(root, "data-status").textContent, "t.csv is open, 1 row.");
  const told = byId(root, "data-status").children[0];
  update(reduce(state, { type: "data", change: { previous: "a.csv" } }));
  assert.equal(byId(root, "data-status").children[0], told);
});

test("while a table is read nothing else is opened, and the focus stays; when Cancel goes it has an heir", () => {
  const state = trained("classification");
  const { root, calls, update } = drawn(dataPanel, state);
  page.body.replaceChildren(root);
  byId(root, "load-example").focus();
  const progress = { done: 1, total: 2, what: "Reading" };
  const reading = reduce(state, { type: "data", change: { loading: "b.csv", progress } });
  update(reading);
  byId(root, "load-example").fire("click");
  assert.deepEqual(calls, []);
  assert.equal(byId(root, "load-example").matches(":disabled"), false);
  assert.equal(page.activeElement, byId(root, "load-example"));
  byId(root, "table-cancel").focus();
  update(state);
  assert.equal(page.activeElement, byId(root, "file-table"));
  byId(root, "load-example").fire("click");
  assert.equal(calls.length, 1);
});

/** A page on which Train can be pressed. */
function ready() {
  const state = trained("classification");
  const info = /** @type {import("../../www/protocol.js").ModelInfo} */ ({ name: "m" });
  return reduce(reduce(state, { type: "device", change: { busy: false } }), {
    type: "model",
    change: { info },
  });
}

test("beside the button stands what training uses after a mistake, and what a wrong share stops", () => {
  const state = ready();
  const { root, update } = drawn(runControls, state);
  assert.doesNotMatch(byId(root, "train-obstacle").textContent, /Step 2/u);
  const error = /** @type {const} */ ({ kind: "table", message: "No." });
  update(reduce(state, { type: "data", change: { error } }));
  assert.doesNotMatch(byId(root, "train-obstacle").textContent, /Step 2/u, "the form shows what is trained");
  const chosen = mapping("regression");
  update(reduce(state, { type: "data", change: { error, mapping: chosen } }));
  assert.match(
    byId(root, "train-obstacle").textContent,
    /^Step 2 has a mistake, so training still uses t\.csv with “one” as text and “three” as label\. Training again/u,
  );
  assert.equal(byId(root, "train").attributes["aria-disabled"], "false");
  update(reduce(state, { type: "data", change: { mistakes: { share: "No." } } }));
  assert.equal(byId(root, "train-obstacle").textContent, "Correct Validation share in step 2 first.");
  assert.equal(byId(root, "train").attributes["aria-disabled"], "true");
});

test("that a run has finished is told once, whatever changes later", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const done = /** @type {import("../../www/protocol.js").DoneEvent} */ ({ type: "done", sentence: "Finished." });
  const { run } = reduce(trained("classification"), { type: "run", change: { done } });
  const { element, update } = announcer();
  update(run);
  assert.equal(element.textContent, "Finished.");
  const [told] = /** @type {any} */ (element).children;
  now = 60_000;
  update({ ...run });
  assert.equal(/** @type {any} */ (element).children[0], told);
});

test("tasks without labels count rows only", () => {
  assert.equal(isShown(drawn(dataPanel, trained("answers")).root, "class-counts"), false);
  assert.match(byId(drawn(dataPanel, trained("answers")).root, "data-summary").textContent, /^9 rows .* with\.$/u);
});

test("the form has the boxes of its task and sends what they hold", () => {
  for (const { task } of TASKS) {
    const state = trained(task);
    const { root, calls } = drawn(resultPanel, state);
    const two = task === "answers" || task === "embedding";
    assert.equal(isShown(root, "try-text"), true, task);
    assert.equal(isShown(root, "try-pair"), two, task);
    assert.equal(byId(root, "try-send").textContent, taskOf(task).verb);
    byId(root, "try-text").value = "<b>one</b>";
    byId(root, "try-pair").value = "other";
    root.all("form")[0].fire("submit");
    assert.deepEqual(calls, [["predict", task, "<b>one</b>", two ? "other" : null]], task);
  }
});

test("a question without a context is not sent, nor is an empty text", () => {
  const { root, calls } = drawn(resultPanel, trained("answers"));
  byId(root, "try-text").value = "Who?";
  root.all("form")[0].fire("submit");
  byId(root, "try-text").value = "  ";
  byId(root, "try-pair").value = "context";
  root.all("form")[0].fire("submit");
  assert.deepEqual(calls, []);
});

test("a row of the data fills both boxes and is sent", () => {
  const { root, calls } = drawn(resultPanel, trained("regression", { pair: "two" }));
  byId(root, "try-row").fire("click");
  assert.equal(byId(root, "try-pair").value, "second");
  assert.deepEqual(calls, [["predict", "regression", "first", "second"]]);
});

test("what a model of another task said is not shown", () => {
  const state = trained("regression");
  const answered = { task: /** @type {const} */ ("regression"), predictions: [{ text: "t", score: 2 }] };
  const said = reduce(state, { type: "result", change: { answered } });
  const { root, update } = drawn(resultPanel, said);
  assert.equal(isShown(root, "prediction"), true);
  assert.match(byId(root, "prediction").textContent, /scores 2$/u);
  const { subject } = state.run;
  assert.ok(subject);
  update(reduce(said, { type: "run", change: { subject: { ...subject, task: "tokens" } } }));
  assert.equal(isShown(root, "prediction"), false);
});

test("what can be taken away and what it is depends on task and method", () => {
  const shown = (/** @type {Task} */ task, /** @type {import("../../www/protocol.js").Method} */ method) => {
    const state = trained(task);
    const { subject } = state.run;
    assert.ok(subject);
    const { root, calls } = drawn(
      resultPanel,
      reduce(state, { type: "run", change: { subject: { ...subject, method } } }),
    );
    byId(root, "download-adapter").fire("click");
    assert.equal(calls[0][0], "saveAdapter");
    return {
      words: byId(root, "download-words").textContent,
      weights: isShown(root, "download-weights"),
      adapter: isShown(root, "download-adapter") ? byId(root, "adapter-words").textContent : "",
    };
  };
  for (const { task } of TASKS) {
    const { words, ...rest } = shown(task, "full");
    assert.match(
      words,
      task === "embedding" ? /sentence-transformers loads: .*1_Pooling/u : /transformers .*AutoModelFor/u,
    );
    assert.deepEqual(rest, { weights: true, adapter: "" }, task);
  }
  assert.match(shown("tokens", "full").words, /AutoModelForTokenClassification/u);
  const lora = shown("tokens", "lora");
  assert.match(lora.words, /AutoModelForTokenClassification/u);
  assert.match(lora.adapter, /PEFT loads it over the base model, owner\/m\.$/u);
  const frozen = shown("regression", "frozen");
  assert.match(frozen.words, /sentence-transformers loads: .*1_Pooling.*_Dense/u);
  assert.deepEqual([frozen.weights, frozen.adapter], [false, ""]);
});

test("the model for JavaScript comes in the chosen precision, in words that fit its task", () => {
  const { root, calls } = drawn(resultPanel, trained("tokens"));
  const words = () => byId(root, "onnx-words").textContent;
  byId(root, "onnx-precision").value = "f32";
  byId(root, "onnx-precision").fire("change");
  assert.match(words(), /pipeline\("token-classification", …\)\. Its answers are those/u);
  byId(root, "onnx-precision").value = "int8";
  byId(root, "onnx-precision").fire("change");
  assert.match(words(), /A quarter of the size/u);
  byId(root, "download-onnx").fire("click");
  assert.deepEqual(calls, [["saveOnnx", "int8"]]);
  const number = drawn(resultPanel, trained("regression")).root;
  assert.match(byId(number, "onnx-words").textContent, /AutoModelForSequenceClassification/u);
});

test("choices of many words have a row of their own", () => {
  /** @type {(name: string, words: string) => import("../../www/protocol.js").RecipeField} */
  const field = (name, words) => ({
    ...{ name, label: name, help: "", unit: "", advanced: false, kind: "choice" },
    choices: [[name, words]],
  });
  const fields = [field("method", "Frozen: only a head learns, in seconds"), field("schedule", "Cosine, down to zero")];
  const draft = { method: "method", schedule: "schedule" };
  const state = reduce(trained("classification"), { type: "recipe", change: { fields, defaults: draft, draft } });
  const classes = drawn(recipePanel, state)
    .root.all("div")
    .map(({ attributes }) => attributes.class)
    .filter((name) => name?.startsWith("field"));
  // Those of the part for several runs come after them.
  assert.deepEqual(classes.slice(0, fields.length), ["field wide", "field"]);
});

test("hyperparameters of another method or task are hidden, a choice is explained", () => {
  /** @type {import("../../www/protocol.js").RecipeField[]} */
  const fields = [
    {
      ...{ name: "method", label: "Method", help: "How.", unit: "", advanced: false, kind: "choice" },
      choices: [
        ["full", "Full", "All weights move."],
        ["lora", "LoRA", "Small additions move."],
      ],
    },
    {
      ...{ name: "lora_rank", label: "Rank", help: "", unit: "", advanced: true, kind: "integer" },
      for_method: ["lora"],
    },
    {
      ...{ name: "pooling", label: "Pooling", help: "", unit: "", advanced: true, kind: "choice" },
      for_task: "embedding",
    },
  ];
  const draft = { method: "lora", lora_rank: "8", pooling: "mean" };
  const state = reduce(trained("classification"), { type: "recipe", change: { fields, defaults: draft, draft } });
  const { root, update } = drawn(recipePanel, state);
  assert.deepEqual([isShown(root, "recipe-lora-rank"), isShown(root, "recipe-pooling")], [true, false]);
  assert.equal(byId(root, "recipe-method-help").textContent, "How. Small additions move.");
  update(reduce(state, { type: "recipe", change: { draft: { ...draft, method: "full" } } }));
  assert.equal(isShown(root, "recipe-lora-rank"), false);
  update({ ...state, data: trained("embedding").data });
  assert.equal(isShown(root, "recipe-pooling"), true);
});

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
  };
  /** @param {Partial<import("../../www/state.js").SheetState>} change @returns {State} */
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
  assert.equal(focusedIn(root), "several-summary");
});

test("the unit beside a field belongs to what is said of it", () => {
  /** @type {import("../../www/protocol.js").RecipeField} */
  const field = { name: "epochs", label: "Epochs", help: "", unit: "passes", advanced: false, kind: "integer" };
  const bare = { ...field, name: "seed", unit: "" };
  const form = { fields: [field, bare], defaults: {}, draft: { epochs: "9", seed: "0" } };
  const { root } = drawn(recipePanel, reduce(trained("classification"), { type: "recipe", change: form }));
  const described = (/** @type {string} */ id) =>
    byId(root, id)
      .attributes["aria-describedby"].split(" ")
      .map((by) => byId(root, by).textContent);
  assert.deepEqual(described("recipe-epochs"), ["passes", " ", ""]);
  assert.equal(described("recipe-seed").length, 2);
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
