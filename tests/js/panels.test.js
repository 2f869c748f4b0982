// Steps 2, 3 and 5 as a user meets them for each task: what is asked, what is shown, and what is sent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { reduce } from "../../www/state.js";
import { TASKS, taskOf } from "../../www/tasks.js";
import { byId, isShown, page } from "./page.js";
import { drawn, mapping, trained } from "./panels.js";

const { dataPanel } = await import("../../www/panels/data.js");
const { runControls } = await import("../../www/panels/controls.js");
const { announcer } = await import("../../www/panels/announcer.js");
const { recipePanel } = await import("../../www/panels/recipe.js");
const { resultPanel } = await import("../../www/panels/result.js");

/** @typedef {import("../../www/protocol.js").Task} Task */

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
  const answered = {
    task: /** @type {const} */ ("regression"),
    predictions: [{ text: "t", score: 2 }],
    cut: { texts: 0, tokens: 64 },
  };
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

test("a step with a field that cannot be read is not done", async () => {
  const { rail } = await import("../../www/panels/rail.js");
  const { element, update } = rail();
  const root = /** @type {import("./page.js").Element} */ (/** @type {unknown} */ (element));
  const done = () => root.all("a").map((link) => /** @type {any} */ (link).className === "done");
  const state = trained("classification");
  update(state);
  assert.equal(done()[1], true);
  update(reduce(state, { type: "data", change: { mistakes: { share: "No." } } }));
  assert.equal(done()[1], false);
});
