// Steps 2 to 4 as a user reads them: what was changed and what the model does not take, which data is trained on, how sure a
// score is, and what a screen reader is told meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";

import { reduce } from "../../www/state.js";
import { hasData } from "../../www/standing.js";
import { byId, drawnIn, focusedIn, isShown, page } from "./page.js";
import { drawn, mapping, trained } from "./panels.js";

const { announcer } = await import("../../www/panels/announcer.js");
const { classCounts } = await import("../../www/panels/classes.js");
const { runControls } = await import("../../www/panels/controls.js");
const { dataPanel } = await import("../../www/panels/data.js");
const { recipePanel } = await import("../../www/panels/recipe.js");
const { reportTables } = await import("../../www/panels/report.js");
const { mistakeLine, noteList } = await import("../../www/panels/section.js");

/** @typedef {import("../../www/protocol.js").RecipeField} RecipeField */
/** @typedef {import("../../www/state.js").State} State */

/** @param {Partial<RecipeField>} more @returns {RecipeField} */
function field(more) {
  return { name: "f", label: "F", help: "", unit: "", advanced: false, kind: "integer", min: 1, max: 1000, ...more };
}

const FIELDS = [
  field({
    ...{ name: "method", label: "Method", kind: "choice" },
    choices: [
      ["full", "Full: all weights learn"],
      ["lora", "LoRA: small adapters learn"],
    ],
  }),
  field({ name: "epochs", label: "Epochs" }),
  field({ name: "max_length", label: "Maximum length", unit: "tokens", min: 3, max: 8192, optional: true }),
  field({ name: "keep_best", label: "Keep the best epoch", kind: "switch" }),
  field({ name: "seed", label: "Seed", min: 0 }),
];
const DRAFT = { method: "full", epochs: "9", max_length: "", keep_best: true, seed: "0" };

/** A page on which something was picked. @param {Record<string, string|boolean>} [draft] @param {number} [positions] */
function form(draft = {}, positions = 512) {
  const recipe = { method: "full", epochs: 9, max_length: null, keep_best: true, seed: 0 };
  const suggestion = { recipe, sentence: "9 epochs, which takes some seconds here." };
  const suggestions = { picked: suggestion, methods: [suggestion] };
  const change = { fields: FIELDS, defaults: { ...recipe, epochs: 3 }, draft: { ...DRAFT, ...draft }, suggestions };
  const model = /** @type {any} */ ({ name: "m", max_length: positions });
  const state = reduce(trained("classification"), { type: "recipe", change });
  const ready = reduce(state, { type: "device", change: { busy: false } });
  return reduce(ready, { type: "model", change: { info: model } });
}

test("what was picked says what stands in its place, and each field what it had", () => {
  const { root, update, calls } = drawn(recipePanel, form());
  const mark = (/** @type {string} */ name) => byId(root, `recipe-${name}-changed`).textContent;
  assert.equal(isShown(root, "suggestion-changes"), false);
  assert.equal(isShown(root, "recipe-reset"), false);
  update(form({ epochs: "30" }));
  assert.equal(
    byId(root, "suggestion-changes").textContent,
    "You changed Epochs: 9 → 30. The steps and the time above are those of what was picked.",
  );
  assert.equal(mark("epochs"), "picked: 9");
  assert.match(byId(root, "recipe-epochs").attributes["aria-describedby"], /recipe-epochs-changed/u);
  assert.equal(mark("seed"), "");
  byId(root, "recipe-reset").fire("click");
  assert.equal(calls[0][0], "resetRecipe");
  update(form({ max_length: "64", keep_best: false, seed: "" }));
  assert.equal(
    byId(root, "suggestion-changes").textContent,
    "You changed Maximum length: automatic → 64, Keep the best epoch: on → off, Seed: 0 → nothing. The steps and the time " +
      "above are those of what was picked.",
  );
  update(form({ seed: "7" }));
  assert.equal(byId(root, "suggestion-changes").textContent, "You changed Seed: 0 → 7.", "as long as before");
});

test("a maximum length that the open model has no positions for is a mistake of its field, with any model", () => {
  const { root, update } = drawn(recipePanel, form({ max_length: "5000" }, 8192));
  const said = () => byId(root, "recipe-max-length-error").textContent;
  assert.equal(said(), "");
  update(form({ max_length: "5000" }, 64));
  assert.equal(
    said(),
    "Maximum length takes a whole number from 3 to 64 tokens, or nothing. The open model has positions for no more.",
  );
  assert.equal(byId(root, "recipe-max-length").attributes["aria-invalid"], "true");
  const { root: controls } = drawn(runControls, form({ max_length: "5000" }, 64));
  assert.equal(byId(controls, "train").attributes["aria-disabled"], "true");
  assert.equal(byId(controls, "train-obstacle").textContent, "Correct Maximum length in step 3 first.");
  update(form({ max_length: "64" }, 64));
  assert.equal(said(), "");
});

test("after a run that was refused the focus is on Train, after one that ended it goes on", () => {
  const begun = Symbol("run");
  const at = (/** @type {Partial<State["run"]>} */ change) => reduce(form(), { type: "run", change });
  const { root, update } = drawn(runControls, at({ status: "done", begun }));
  page.body.replaceChildren(root);
  byId(root, "train").focus();
  // What is hidden loses the focus in a browser.
  const starting = () => {
    update(at({ status: "starting", begun }));
    page.activeElement = null;
  };
  starting();
  update(at({ status: "done", begun }));
  assert.equal(focusedIn(root), "train");
  starting();
  update(at({ status: "running", begun: Symbol("another") }));
  assert.equal(focusedIn(root), "pause");
  update(at({ status: "done" }));
  assert.equal(focusedIn(root), "see-result");
});

test("where several runs are chosen, the script for Python says which one it makes", () => {
  const { root, update } = drawn(recipePanel, form());
  assert.equal(isShown(root, "python-which"), false);
  const axes = [{ field: "epochs", values: "3, 9", from: "", to: "", chosen: [] }];
  update(reduce(form(), { type: "several", change: { kind: "grid", axes } }));
  assert.equal(
    byId(root, "python-which").textContent,
    "It makes one run, with the values in the fields above: Epochs 9. What “Several runs” would try is not in it.",
  );
  update(reduce(form(), { type: "several", change: { kind: "seeds", axes } }));
  assert.match(byId(root, "python-which").textContent, /above: Seed 0\. /u);
});

test("a run is told of at its turns and every ten seconds, however short its epochs are", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const { element, update } = announcer();
  const root = /** @type {import("./page.js").Element} */ (/** @type {unknown} */ (element));
  let run = { ...form().run, status: /** @type {State["run"]["status"]} */ ("running") };
  let told = 0;
  /** @type {unknown} */
  let last = null;
  const goOn = (/** @type {Partial<State["run"]>} */ change) => {
    run = { ...run, ...change };
    update(run);
    if (root.children[0] !== last) told += 1;
    last = root.children[0];
  };
  const step = (/** @type {number} */ step) => /** @type {any} */ ({ step, total_steps: 400, epoch: step / 20 });
  goOn({ info: /** @type {any} */ ({ steps_per_epoch: 20 }), step: step(1) });
  assert.equal(told, 1);
  for (let epoch = 1; epoch < 20; epoch += 1) {
    now += 500;
    goOn({ step: step(20 * epoch), epochs: Array(epoch).fill({}) });
  }
  assert.equal(told, 1);
  now = 10_100;
  goOn({ step: step(399) });
  assert.equal(told, 2);
  goOn({ status: "paused" });
  goOn({ status: "running" });
  goOn({ status: "failed" });
  assert.equal(told, 5, "turns are told at once");
  // Of several runs one that is made again is a turn, for whoever waits for the end; the next one is none.
  const rows = (/** @type {boolean} */ again) => [{ trial: 1, state: "running", again }];
  const search = (/** @type {boolean} */ again) => /** @type {any} */ ({ total: 2, rows: rows(again) });
  goOn({ status: "running", search: search(false) });
  goOn({ search: search(true) });
  assert.equal(told, 7);
  goOn({ step: step(20) });
  assert.equal(told, 7);
});

test("texts have no more tokens on average than the longest has", () => {
  const { element, update } = classCounts();
  const root = drawnIn(element);
  const figures = { classes: [], train: 9, validation: 1, notes: [], leaked: 0, hash: "", task: "answers" };
  const said = (/** @type {number} */ mean, /** @type {number} */ longest, /** @type {number|null} */ most) => {
    update(/** @type {any} */ ({ ...figures, mean_tokens: mean, longest_tokens: longest, counted_to: most }));
    return byId(root, "data-summary").textContent.split(". ")[1];
  };
  assert.equal(said(65, 64, 64), "Texts have at least 64 tokens on average, the longest more than 64.");
  assert.equal(said(12.4, 64, 64), "Texts have at least 12 tokens on average, the longest more than 64.");
  assert.equal(said(8, 12, null), "Texts have 8 tokens on average, the longest 12.");
});

test("beside a table that was refused stand no rows of another one, and Train says what it learns from", () => {
  const state = form();
  const error = /** @type {const} */ ({ kind: "table", message: "No." });
  const { table } = state.data;
  assert.ok(table);
  const shown = { table: { ...table, name: "bad.csv" }, mapping: mapping("regression"), error };
  const refused = reduce(state, { type: "data", change: shown });
  const { root, update } = drawn(dataPanel, state);
  const status = () => root.all("p").find(({ attributes }) => attributes.class === "step-status")?.textContent;
  const badge = () => root.all("span").find(({ attributes }) => attributes.class === "badge")?.textContent;
  assert.deepEqual([status(), badge(), hasData(state.data)], ["10 rows", "✓", true]);
  update(refused);
  assert.deepEqual([status(), badge(), hasData(refused.data)], ["To correct", "2", false]);
  const { root: controls } = drawn(runControls, refused);
  assert.match(
    byId(controls, "train-obstacle").textContent,
    /^Step 2 shows bad\.csv, which has a mistake\. Train learns from another table: t\.csv with “one” as text/u,
  );
  assert.equal(byId(controls, "train").attributes["aria-disabled"], "false");
});

test("how sure a share of rows is stands beside it, and of few rows that they tell little", () => {
  const table = [
    { name: "accuracy", words: "accuracy", form: /** @type {const} */ ("percent"), higher_is_better: true },
    { name: "r2", words: "R²", form: /** @type {const} */ ("number"), higher_is_better: true },
  ];
  const { element, update } = reportTables();
  const root = drawnIn(element);
  const report = (/** @type {any} */ task, /** @type {any} */ scores) => ({
    ...{ task, labels: [], per_class: [], metrics: { loss: 0.5, ...scores } },
  });
  update(report("classification", { accuracy: 9 / 11, macro_f1: 0.8 }), table, { rows: 11 });
  assert.equal(byId(root, "final-accuracy").textContent, "81.8\u00a0%");
  assert.equal(byId(root, "final-interval").textContent, "95\u00a0% interval 52 to 95\u00a0%");
  assert.equal(
    byId(root, "few-rows").textContent,
    "Measured on 11 rows only: differences of a few points mean nothing. Hold back more rows in step 2 to tell more.",
  );
  update(report("classification", { accuracy: 0.9 }), table, { rows: 1000 });
  assert.equal(byId(root, "final-interval").textContent, "95\u00a0% interval 88 to 92\u00a0%");
  assert.doesNotMatch(root.textContent, /Measured on/u);
  update(report("regression", { r2: 0.5 }), table, { rows: 11 });
  assert.doesNotMatch(root.textContent, /interval/u, "nobody can tell from the score alone");
  assert.match(byId(root, "few-rows").textContent, /a few hundredths/u);
  update(report("regression", { r2: 0.5 }), table, { rows: 11, interval: [0.25, 0.75] });
  assert.equal(byId(root, "final-interval").textContent, "95\u00a0% interval 0.250 to 0.750");
});

test("notes and mistakes show what would rearrange them, however long they are", () => {
  const notes = noteList("notes");
  const long = "column ".repeat(100);
  notes.update([`The column “a\u202eb” is empty.`, long]);
  const list = drawnIn(notes.element).all("li");
  assert.equal(list[0].textContent, "The column “a⟨U+202E⟩b” is empty.");
  assert.equal(list[1].textContent, long);
  const line = mistakeLine("line");
  line.update({ kind: "table", message: "Line 2: “\u202e”.\nLine 3: no." });
  assert.equal(line.element.textContent, "Line 2: “⟨U+202E⟩”.\nLine 3: no.");
});
