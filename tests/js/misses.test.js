// Rows that the model is wrong about: how they are looked for, and how they are shown beside what the table says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND } from "../../www/dialect.js";
import { judgingAnswers } from "../../www/judging.js";
import { missesCsv } from "../../www/missed.js";
import { nextRows } from "../../www/pace.js";
import { reduce } from "../../www/state.js";
import { byId, drawnIn, focusedIn, isShown } from "./page.js";
import { drawn, trained } from "./panels.js";

const { missActions } = await import("../../www/actions/misses.js");
const { resultPanel } = await import("../../www/panels/result.js");
const { missTable, missesWords } = await import("../../www/views/misses.js");

/** @typedef {import("../../www/protocol.js").Miss} Miss */
/** @typedef {import("../../www/protocol.js").Misses} Misses */
/** @typedef {import("../../www/outcome.js").MissState} MissState */

const label = (/** @type {string} */ said, /** @type {string} */ right, line = 2, sure = 0.9) =>
  /** @type {Miss} */ ({
    line,
    said: { text: "<b>ripe</b> pear", label: said, scores: { [said]: sure } },
    right,
    sure,
  });

/** An engine with so many rows, which notes how many it is asked to look at. @param {number} rows */
function engineOf(rows) {
  /** @type {unknown[]} */
  const calls = [];
  let left = rows;
  const engine = {
    misses_begin: (/** @type {string} */ side, /** @type {number} */ most) => (calls.push([side, most]), (left = rows)),
    misses_step: (/** @type {number} */ asked) => (calls.push(asked), (left = Math.max(0, left - asked))),
    misses_finish: () => (calls.push("finish"), { rows, wrong: 0, found: [] }),
  };
  return { calls, inTurn: async (/** @type {(engine: any) => any} */ work) => work(engine) };
}

test("rows are looked at a few at a time, each once, and progress is told", async () => {
  const { calls, inTurn } = engineOf(100);
  /** @type {import("../../www/protocol.js").Progress[]} */
  const told = [];
  const { misses } = judgingAnswers(inTurn, async () => {});
  assert.deepEqual(await misses("train", 7, (progress) => told.push(progress)), { rows: 100, wrong: 0, found: [] });
  assert.deepEqual(
    [calls[0], calls[1], calls[2], calls.at(-1)],
    [["train", 7], 32, 64, "finish"],
    "as it is quick, more",
  );
  assert.deepEqual(
    told.map(({ done }) => done),
    [32, 96, 100],
  );
  assert.equal(told[0].total, 100);
});

test("a search that is cancelled, or that another one follows, gives nothing", async () => {
  const { calls, inTurn } = engineOf(1000);
  const answers = judgingAnswers(inTurn, async () => {});
  const cancelled = answers.misses("train", 7, () => answers.cancel_misses());
  assert.equal(await cancelled, null);
  assert.ok(!calls.includes("finish"));
  /** @type {Promise<Misses|null>|undefined} */
  let second;
  const first = answers.misses("train", 7, () => (second ??= answers.misses("validation", 7, () => {})));
  assert.equal(await first, null);
  assert.equal((await second)?.rows, 1000);
});

test("how many rows are asked for follows the time that the last ones took", () => {
  assert.deepEqual([nextRows(32, 100), nextRows(32, 300), nextRows(32, 1200), nextRows(1000, 1)], [64, 32, 8, 1024]);
  assert.equal(nextRows(32, 0), 64);
});

test("what was found is said by the side and the task", () => {
  const misses = (/** @type {number} */ wrong, /** @type {Miss[]} */ found) => ({ rows: 24, wrong, found });
  assert.equal(missesWords(misses(0, []), "validation"), "It is right about all of the 24 rows held out.");
  assert.equal(missesWords(misses(1, [label("a", "b")]), "validation"), "It is wrong about 1 of the 24 rows held out.");
  assert.equal(
    missesWords(misses(3, [label("a", "b")]), "train"),
    "It is wrong about 3 of the 24 rows that it was trained on; 1 of them are shown.",
  );
  const number = /** @type {Miss} */ ({ line: 2, said: { text: "x", score: 2 }, right: 4, sure: 2 });
  assert.equal(
    missesWords(misses(1, [number]), "validation"),
    "Of the 24 rows held out those come first where it is farthest off.",
  );
});

test("each task's rows stand beside what the table says, as text", () => {
  /** @type {[Miss["said"], Miss["right"], string[]][]} */
  const cases = [
    [
      { text: "<b>ripe</b>", label: "pear", scores: { pear: 0.9 } },
      "apple",
      ["2", "<b>ripe</b>", "apple", "pear", "90.0 %"],
    ],
    [{ text: "one", pair: "two", label: "x", scores: { x: 0.9 } }, "y", ["2", "onetwo", "y", "x", "90.0 %"]],
    [{ text: "one", labels: ["x", "z"], scores: {} }, [], ["2", "one", "No label", "xz", "90.0 %"]],
    [{ text: "one", score: 2.5 }, 3.4, ["2", "one", "3.4", "2.5", "0.9"]],
    [
      { text: "in Rome", tokens: [], entities: [{ start: 3, end: 7, label: "LOC", score: 0.9 }] },
      [],
      ["2", "in Rome", "in Rome LOC", "90.0 %"],
    ],
    [
      { question: "when?", context: "on Monday", answer: "", start: 0, end: 0, score: 0.9 },
      ["Monday"],
      ["2", "when?on Monday", "Monday", "No answer", "90.0 %"],
    ],
    [
      { question: "when?", context: `${"on ".repeat(300)}Monday`, answer: "Monday", start: 900, end: 906, score: 0.9 },
      ["Sunday"],
      ["2", `when?…${"on ".repeat(78)}Monday`, "Sunday", "Monday", "90.0 %"],
    ],
    [
      // What both say alike stands far before what they differ in.
      {
        ...{ text: `Rome${" on".repeat(300)} Oslo`, tokens: [] },
        entities: [{ start: 0, end: 4, label: "LOC", score: 0.9 }],
      },
      [
        { start: 0, end: 4, label: "LOC" },
        { start: 905, end: 909, label: "LOC" },
      ],
      ["2", `…n${" on".repeat(78)} Oslo LOC`, `…n${" on".repeat(78)} Oslo`, "90.0 %"],
    ],
  ].map((one) => /** @type {any} */ (one));
  for (const [said, right, expected] of cases) {
    const root = drawnIn(missTable([{ line: 2, said, right, sure: 0.9 }], []));
    const cells = root.all("td").map((cell) => cell.textContent.replaceAll("\u00a0", " "));
    assert.deepEqual(cells, expected);
    assert.equal(root.all("th").length, cells.length);
    assert.equal(root.all("b").length, 0);
  }
});

test("the rows leave as CSV that no spreadsheet runs", () => {
  const csvFor = (/** @type {any} */ said, /** @type {any} */ right, sure = 0.9) =>
    missesCsv([/** @type {Miss} */ ({ line: 2, said, right, sure })]).split("\r\n");
  assert.deepEqual(csvFor({ text: '=1+1, "two"\nlines', label: "-x", scores: {} }, "y"), [
    "line,text,table_says,model_says,how_sure",
    `2,"'=1+1, ""two""\nlines",y,'-x,0.9`,
    "",
  ]);
  assert.deepEqual(csvFor({ text: "a", pair: "b", score: -2.5 }, -1, 1.5).slice(0, 2), [
    "line,text,second_text,table_says,model_says,off_by",
    "2,a,b,-1,-2.5,1.5",
  ]);
  for (const number of ["-0,5", "-1,234.5", "-1e-7"])
    assert.ok(csvFor({ text: number, score: 1 }, 2)[1].match(/^2,"?-/u));
  for (const formula of ["-1+2", "--1", "-", "-1;2"])
    assert.ok(csvFor({ text: formula, score: 1 }, 2)[1].match(/^2,'-/u));
  assert.equal(csvFor({ text: "a", labels: ["x", "y"], scores: {} }, [])[1], '2,a,[],"[""x"",""y""]",0.9');
  const entities = [{ start: 2, end: 5, label: "PER", score: 0.9 }];
  assert.equal(
    csvFor({ text: "👋 Ada", tokens: [], entities }, [])[1],
    '2,👋 Ada,[],"[{""start"":2,""end"":5,""label"":""PER"",""text"":""Ada""}]",0.9',
  );
  const answer = { question: "who?", context: "it was Ada", answer: "", start: 0, end: 0, score: 0.9 };
  assert.deepEqual(csvFor(answer, ["Ada"]).slice(0, 2), [
    "line,question,context,table_says,model_says,how_sure",
    '2,who?,it was Ada,"[""Ada""]",,0.9',
  ]);
});

/** @param {Partial<MissState>} change */
const page = (change) => reduce(trained("classification"), { type: "misses", change });

test("the form looks on the chosen side, says how far it is, and keeps the focus where one can go on", () => {
  const { root, calls, update } = drawn(resultPanel, page({}));
  byId(root, "misses-side").value = "train";
  byId(root, "misses").fire("submit");
  assert.deepEqual(calls, [["lookForMisses", "train"]]);
  byId(root, "misses-start").focus();
  update(page({ busy: "looking", progress: { done: 3, total: 4, what: "Looking" } }));
  assert.equal(byId(root, "misses-progress").value, 0.75);
  assert.equal(focusedIn(root), "misses-start");
  byId(root, "misses-cancel").focus();
  update(page({ found: { rows: 9, wrong: 1, found: [label("pear", "apple")] } }));
  assert.equal(focusedIn(root), "misses-start");
  assert.match(byId(root, "misses-words").textContent, /wrong about 1 of the 9 rows held out/);
  assert.match(byId(root, "misses-list").textContent, /ripe.*apple.*pear/);
  byId(root, "misses-csv").fire("click");
  assert.equal(calls.at(-1)?.[0], "saveMisses");
  update(page({ found: { rows: 9, wrong: 0, found: [] } }));
  assert.equal(isShown(root, "misses-csv"), false, "there is nothing to take");
});

test("where there is nothing right or wrong, or no row held out, that is not offered", () => {
  const language = drawn(resultPanel, trained("language"));
  assert.equal(isShown(language.root, "misses"), false);
  const state = trained("classification");
  const { dataset } = state.data;
  const all = dataset && { ...dataset, info: { ...dataset.info, validation: 0 } };
  const { root } = drawn(resultPanel, reduce(state, { type: "data", change: { dataset: all } }));
  assert.deepEqual([isShown(root, "misses"), byId(root, "misses-side").value], [true, "train"]);
});

test("rows held out come first as soon as there are any, unless the user chose", () => {
  const none = { ...trained("classification"), data: { ...trained("classification").data, dataset: null } };
  const { root, update } = drawn(resultPanel, none);
  const side = byId(root, "misses-side");
  assert.equal(side.value, "train");
  update(page({}));
  assert.equal(side.value, "validation");
  side.value = "train";
  side.fire("change");
  update(page({ busy: "looking" }));
  assert.equal(side.value, "train");
});

/** A page whose engine answers when the test says so. */
function stage() {
  let state = trained("classification");
  /** @type {{ok: (found: Misses|null) => void, fail: (cause: unknown) => void, args: unknown[]}[]} */
  const asked = [];
  const client = {
    misses: (/** @type {unknown[]} */ ...args) =>
      new Promise((ok, fail) => asked.push({ ok: /** @type {any} */ (ok), fail, args })),
    measuredMisses: (/** @type {unknown[]} */ ...args) =>
      new Promise((ok, fail) => asked.push({ ok: /** @type {any} */ (ok), fail, args })),
    cancelMisses: async () => asked.at(-1)?.ok(null),
  };
  let source = /** @type {any} */ ({ name: "t.csv", file: new File([], "t.csv") });
  const measured = { name: "m.csv", file: new File([], "m.csv"), dialect: AS_FOUND };
  const actions = missActions(
    {
      client: /** @type {any} */ (client),
      dispatch: (action) => void (state = reduce(state, action)),
      state: () => state,
    },
    async () => {},
    () => source,
    () => measured,
  );
  const settled = () => new Promise((/** @type {(value: void) => void} */ resolve) => setImmediate(resolve));
  const without = () => (source = null);
  return {
    actions,
    asked,
    settled,
    without,
    measured,
    now: () => state.result.misses,
    change: (/** @type {any} */ action) => void (state = reduce(state, action)),
  };
}

test("what was found, cancelled or went wrong is shown, and asked for once at a time", async () => {
  const { actions, asked, settled, now } = stage();
  const first = actions.lookForMisses("train");
  await settled();
  await actions.lookForMisses("validation");
  assert.equal(asked.length, 1);
  assert.equal(asked[0].args[2], "train");
  asked[0].ok({ rows: 9, wrong: 0, found: [] });
  await first;
  assert.deepEqual([now().side, now().found?.rows, now().busy], ["train", 9, null]);

  const second = actions.lookForMisses("validation");
  await settled();
  await actions.cancelMisses();
  await second;
  assert.deepEqual([now().found, now().busy, now().error], [null, null, null]);

  const third = actions.lookForMisses("validation");
  await settled();
  asked[2].fail({ kind: "device", message: "Gone." });
  await third;
  assert.deepEqual([now().busy, now().error?.message], [null, "Gone."]);
});

test("without its table there is nothing to look at, and of another model's rows nothing is said", async () => {
  const { actions, asked, settled, without, now, change } = stage();
  const looking = actions.lookForMisses("train");
  await settled();
  change({ type: "restored", run: { ...trained("classification").run, done: { report: null }, stored: null } });
  asked[0].ok({ rows: 9, wrong: 0, found: [] });
  await looking;
  assert.deepEqual([now().found, now().busy], [null, null]);
  without();
  await actions.lookForMisses("train");
  assert.match(now().error?.message ?? "", /Open it in step 2/);
  assert.equal(asked.length, 1);
});

test("the table that the model is measured on is looked at by its own columns, with no other one open", async () => {
  const { actions, asked, settled, without, measured, now, change } = stage();
  without();
  await actions.lookForMisses("measured");
  assert.match(now().error?.message ?? "", /Open it in step 2/, "none is open for that, either");
  const mapping = { task: "classification", text: "words", label: "kind" };
  change({ type: "measure", change: { mapping } });
  const looking = actions.lookForMisses("measured");
  await settled();
  assert.deepEqual(asked[0].args.slice(0, 2), [measured, mapping]);
  asked[0].ok({ rows: 9, wrong: 0, found: [] });
  await looking;
  assert.deepEqual([now().side, now().found?.rows], ["measured", 9]);
  assert.match(
    missesWords({ rows: 9, wrong: 2, found: [label("a", "b")] }, "measured"),
    /the 9 rows of the other table/u,
  );
});
