// The form for several runs as data: the plan that it means, the values that it begins with, and bad ones in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ONE_RUN, axisFor, formOf, nextField, planOf, stateOf, variable } from "../../www/several.js";

/** @typedef {import("../../www/protocol.js").RecipeField} RecipeField */
/** @typedef {import("../../www/several.js").SeveralState} SeveralState */

/** @param {Partial<RecipeField>} more @returns {RecipeField} */
function field(more) {
  return { name: "f", label: "F", help: "", unit: "", advanced: false, kind: "number", min: 0, max: 1, ...more };
}

const METHOD = field({
  ...{ name: "method", label: "Method", kind: "choice" },
  choices: [
    ["full", "Full"],
    ["lora", "LoRA"],
  ],
});
const RATE = field({ name: "learning_rate", label: "Learning rate" });
const EPOCHS = field({ name: "epochs", label: "Epochs", kind: "integer", min: 1, max: 1000 });
const DROPOUT = field({ name: "dropout", label: "Dropout", max: 0.9 });
const RANK = field({
  name: "lora_rank",
  label: "Adapter rank",
  kind: "integer",
  min: 1,
  max: 256,
  for_method: ["lora"],
});
const METRIC = field({ name: "metric", kind: "choice", choices: [["main", "Main"]] });
const KEEP = field({ name: "keep_best", label: "Keep the best", kind: "switch" });
const FIELDS = [METHOD, EPOCHS, RATE, DROPOUT, RANK, METRIC, KEEP];

/** @param {Partial<SeveralState>} more @returns {SeveralState} */
function form(more) {
  return { ...ONE_RUN, ...more };
}

/** @param {string} name @param {Partial<import("../../www/several.js").AxisDraft>} more */
function axis(name, more) {
  return { field: name, values: "", from: "", to: "", chosen: [], ...more };
}

test("one run has no plan, and nothing is wrong with it", () => {
  assert.deepEqual(planOf(ONE_RUN, FIELDS), { plan: null, mistakes: {} });
});

test("seeds are counted", () => {
  assert.deepEqual(planOf(form({ kind: "seeds", seeds: " 5 " }), FIELDS).plan, { kind: "seeds", runs: 5 });
  for (const seeds of ["", "1", "2.5", "257", "many"]) {
    const { plan, mistakes } = planOf(form({ kind: "seeds", seeds }), FIELDS);
    assert.equal(plan, null, seeds);
    assert.match(mistakes.seeds, /from 2 to 256/u);
  }
});

test("a grid has the values that are written, a switch both of its own", () => {
  const axes = [
    axis("learning_rate", { values: "5e-5, 1e-4;2e-4 , .001" }),
    axis("keep_best", { chosen: ["true", "false"] }),
    axis("method", { chosen: ["lora"] }),
  ];
  assert.deepEqual(planOf(form({ kind: "grid", axes }), FIELDS), {
    plan: {
      kind: "grid",
      fields: [
        { field: "learning_rate", values: [5e-5, 1e-4, 2e-4, 1e-3] },
        { field: "keep_best", values: [true, false] },
        { field: "method", values: ["lora"] },
      ],
      stop_losers: true,
    },
    mistakes: {},
  });
});

test("decimal commas in a list are read between semicolons, and asked about where they may be anything", () => {
  const read = (/** @type {string} */ values) =>
    planOf(form({ kind: "grid", axes: [axis("learning_rate", { values })] }), FIELDS);
  const values = (/** @type {string} */ written) => {
    const { plan } = read(written);
    return plan?.kind === "grid" && "values" in plan.fields[0] ? plan.fields[0].values : null;
  };
  assert.deepEqual(values("0,001; 0,01"), [0.001, 0.01]);
  assert.deepEqual(values("0.001,0.01"), [0.001, 0.01]);
  for (const written of ["0,001, 0,01", "0,1 0,2"]) {
    assert.match(read(written).mistakes.learning_rate, /with a point, or put semicolons/u, written);
  }
  const epochs = axis("epochs", { values: "3,6, 9" });
  assert.deepEqual(planOf(form({ kind: "grid", axes: [epochs] }), FIELDS).mistakes, {}, "whole numbers have none");
});

test("random draws come from ranges of numbers and from choices", () => {
  const axes = [axis("epochs", { from: "2", to: "6" }), axis("method", { chosen: ["full", "lora"] })];
  const { plan } = planOf(form({ kind: "random", draws: "7", stop_losers: false, axes }), FIELDS);
  const fields = [
    { field: "epochs", from: 2, to: 6 },
    { field: "method", values: ["full", "lora"] },
  ];
  assert.deepEqual(plan, { kind: "random", runs: 7, seed: 0, fields, stop_losers: false });
});

test("draws have a seed of their own, which nothing else reads", () => {
  const axes = [axis("epochs", { from: "2", to: "6", values: "2" })];
  const seeded = (/** @type {string} */ search_seed) => planOf(form({ kind: "random", search_seed, axes }), FIELDS);
  for (const [written, seed] of /** @type {const} */ ([
    ["0", 0],
    [" 17 ", 17],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])) {
    const { plan } = seeded(written);
    assert.equal(plan?.kind === "random" && plan.seed, seed);
  }
  for (const written of ["", "-1", "1.5", "1e3", "seven", "9007199254740992"]) {
    const { plan, mistakes } = seeded(written);
    assert.equal(plan, null, written);
    assert.equal(mistakes.search_seed, "A whole number from 0 to 9007199254740991.");
  }
  assert.deepEqual(planOf(form({ kind: "grid", search_seed: "seven", axes }), FIELDS).mistakes, {});
});

test("what is wrong is said beside its field", () => {
  const wrong = (/** @type {Partial<SeveralState>} */ more) => planOf(form(more), FIELDS).mistakes;
  assert.match(wrong({ kind: "grid" }).fields, /Add at least one/u);
  const of = (/** @type {Partial<import("../../www/several.js").AxisDraft>} */ more) =>
    wrong({ kind: "grid", axes: [axis("epochs", more)] }).epochs;
  assert.match(of({ values: " , " }), /Write the values to try/u);
  assert.match(of({ values: "1, 0" }), /from 1 to 1000/u);
  assert.match(of({ values: "1, 2.5" }), /whole number/u);
  const drawn = (/** @type {string} */ from, /** @type {string} */ to) =>
    wrong({ kind: "random", axes: [axis("epochs", { from, to })] }).epochs;
  assert.match(drawn("6", "2"), /must not be above/u);
  assert.match(drawn("", "2"), /whole number/u);
  assert.equal(drawn("2", "2"), undefined);
  assert.match(wrong({ kind: "random", draws: "0", axes: [axis("epochs", { from: "1", to: "2" })] }).runs, /from 1/u);
  assert.match(wrong({ kind: "grid", axes: [axis("method", {})] }).method, /Tick/u);
});

test("a hyperparameter begins with values around its own", () => {
  const begun = (/** @type {RecipeField} */ field, /** @type {string|boolean} */ written) => {
    const { values, from, to, chosen } = axisFor(field, written);
    return [values, from, to, chosen.join(" ")];
  };
  assert.deepEqual(begun(RATE, "2e-4"), ["1e-4, 2e-4, 4e-4", "5e-5", "8e-4", ""]);
  assert.deepEqual(begun(EPOCHS, "3"), ["3, 6", "1", "6", ""]);
  assert.deepEqual(begun(DROPOUT, "0.1"), ["0, 0.1, 0.2", "0", "0.2", ""]);
  assert.deepEqual(begun(DROPOUT, "0.9"), ["0.72, 0.81, 0.9", "0.63", "0.9", ""]);
  assert.deepEqual(begun(RATE, "0"), ["0, 0.01, 0.1", "0", "0.1", ""]);
  assert.deepEqual(begun(RATE, "?"), ["", "", "", ""], "a bad value is corrected where it stands");
  assert.deepEqual(begun(METHOD, "full"), ["", "", "", "full lora"]);
  assert.deepEqual(begun(KEEP, true), ["", "", "", "true false"]);
});

test("what can be varied is what the methods at hand use, but for the metric", () => {
  const names = (/** @type {import("../../www/several.js").AxisDraft[]} */ axes) =>
    variable(FIELDS, { method: "full" }, "classification", axes).map(({ name }) => name);
  assert.deepEqual(names([]), ["method", "epochs", "learning_rate", "dropout", "keep_best"]);
  assert.ok(names([axis("method", { chosen: ["full", "lora"] })]).includes("lora_rank"));
});

test("the next one to vary is what matters most of those that are left", () => {
  const offered = variable(FIELDS, { method: "full" }, "classification", []);
  assert.equal(nextField(offered, [])?.name, "learning_rate");
  assert.equal(nextField(offered, [axis("learning_rate", {})])?.name, "epochs");
  assert.equal(nextField([RATE], [axis("learning_rate", {})]), null);
});

test("a form that was kept comes back without what cannot be varied, and none at all is that of one run", () => {
  const known = axis("epochs", { values: "1, 2" });
  const written = form({ kind: "grid", axes: [axis("unheard of", {}), known], mistakes: { epochs: "bad" }, runs: 3 });
  const kept = formOf(written);
  assert.ok(!("mistakes" in kept) && !("runs" in kept));
  assert.deepEqual(stateOf(kept, FIELDS), form({ kind: "grid", axes: [known] }));
  assert.deepEqual(stateOf(null, FIELDS), ONE_RUN);
});
