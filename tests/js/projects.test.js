// Projects as the page handles them: kept by themselves, listed in words, and read back only if they are what they should be.

import assert from "node:assert/strict";
import { test } from "node:test";

import { diagnosticOf } from "../../www/diagnostic.js";
import { ago } from "../../www/format.js";
import { unpack } from "../../www/projects/archive.js";
import { readHistory, writeHistory } from "../../www/projects/history.js";
import { nameFor, readProject } from "../../www/projects/record.js";
import { list, maybe, number, record, text } from "../../www/projects/shape.js";
import { summaryOf } from "../../www/projects/summary.js";
import { roomFor, troubleOf } from "../../www/projects/trouble.js";
import { addEvents, idleRun } from "../../www/run.js";
import { initialState } from "../../www/state.js";
import { filled } from "./filled.js";
import { byId, drawnIn, focusedIn, installPage, isShown, page } from "./page.js";

installPage();
// Where the list's questions put the focus.
Object.assign(page, { getElementById: (/** @type {string} */ id) => byId(page.body, id) });
const { holds, projectList } = await import("../../www/panels/projects.js");
const { againNotice } = await import("../../www/panels/again.js");
const { continueNotice } = await import("../../www/panels/continue.js");
const { keptLine } = await import("../../www/panels/kept.js");

const OFFER = { id: "p", run: "r", table: "fruit.csv", model: "tiny", step: 120, total_steps: 400, saved: 0 };
/** @type {import("../../www/projects/summary.js").Summary} */
const SUMMARY = {
  id: "p",
  name: "<b>fruit</b>\u202e",
  changed: 0,
  bytes: 91e6,
  table: "fruit.csv",
  model: "tiny",
  runs: { count: 2, score: { name: "accuracy", value: 0.5 }, values: [0.5, 0.75], trained: true, missing: false },
  offer: OFFER,
  elsewhere: false,
  torn: false,
};

const NO_RUNS = { count: 0, score: null, values: [], trained: false, missing: false };

/** @param {Partial<import("../../www/state.js").ProjectsState>} change */
function stateWith(change) {
  const state = initialState("cpu");
  return { ...state, projects: { ...state.projects, ...change } };
}

test("shapes say where something is wrong and leave out what they do not know", () => {
  const shape = record({ name: text(3), scores: list(maybe(number), 2) });
  assert.deepEqual(shape({ name: "abc", scores: [1, null], more: 1 }), { name: "abc", scores: [1, null] });
  assert.throws(() => shape({ name: "abcd", scores: [] }), /\.name is not a text of at most 3/u);
  assert.throws(() => shape({ name: "abc", scores: [1, "2"] }), /\.scores\[1\] is not a number/u);
  assert.throws(() => shape({ name: "abc", scores: [1, 2, 3] }), /\.scores is not a list of at most 2/u);
  assert.throws(() => shape([]), /it is not an object/u);
  assert.throws(() => readProject("{}"), TypeError);
  assert.throws(() => readProject("nonsense"), SyntaxError);
});

test("a history that a view could not draw is refused", () => {
  const good = JSON.parse(writeHistory(idleRun()));
  assert.equal(readHistory(JSON.stringify(good)).status, "failed");
  const curves = { ...good.curves, loss: [1] };
  assert.throws(() => readHistory(JSON.stringify({ ...good, curves })), /several lengths/u);
  assert.throws(() => readHistory(JSON.stringify({ ...good, epochs: [{ epoch: "1" }] })), TypeError);
  const report = { task: "classification", labels: ["a", "b"], per_class: [], metrics: {}, confusion: [[1, 2], [3]] };
  const done = {
    reason: "completed",
    best_epoch: 1,
    steps: 1,
    seconds: 1,
    optimizer_bytes: 0,
    metrics: null,
    report,
    sentence: "",
  };
  assert.throws(() => readHistory(JSON.stringify({ ...good, done })), /confusion matrix/u);
});

test("losses that are no numbers come back as such", () => {
  /** @type {import("../../www/protocol.js").StepEvent} */
  const step = {
    type: "step",
    step: 1,
    total_steps: 2,
    epoch: 0.5,
    loss: NaN,
    learning_rate: 0.1,
    grad_norm: Infinity,
    examples: 1,
    tokens: 1,
    seconds: 1,
  };
  const read = readHistory(writeHistory(addEvents(idleRun(), [step])));
  assert.deepEqual(read.curves.loss, [NaN]);
  assert.equal(read.step?.step, 1);
});

test("projects are named after their tables", () => {
  assert.equal(nameFor("fruit.csv", new Set()), "fruit");
  assert.equal(nameFor("fruit.csv", new Set(["fruit", "fruit (2)"])), "fruit (3)");
  assert.equal(nameFor(".csv", new Set()), "Project");
  assert.equal(nameFor("fruit.xlsx", new Set(), "June"), "fruit, June");
});

test("what is wrong with a storage is one sentence that says what follows", () => {
  assert.match(troubleOf(new DOMException("x", "QuotaExceededError")).message, /full, so .* Delete projects/u);
  assert.match(
    troubleOf(new Error("The disk is gone.")).message,
    /\(The disk is gone\), so the newest work is not kept/u,
  );
  assert.match(troubleOf(new DOMException("x", "NotFoundError")).message, /moved, changed or deleted.*Open it again/u);
  assert.equal(roomFor({ usage: 0, quota: 1e12 }, 22e6), null);
  assert.match(roomFor({ usage: 9e8, quota: 1e9 }, 22e6) ?? "", /room for 100 MB; .* may need 1\.1 GB/u);
  assert.equal(roomFor(null, 22e6), null);
});

test("how long ago something was", () => {
  const words = [0, 61e3, 150e3, 59 * 60e3, 3 * 3600e3, 47 * 3600e3, 72 * 3600e3].map(ago);
  const hours = ["3 hours ago", "47 hours ago", "3 days ago"];
  assert.deepEqual(words, ["just now", "1 minute ago", "3 minutes ago", "59 minutes ago", ...hours]);
});

test("the list says what each project holds, and names stay text", () => {
  const panel = projectList(/** @type {any} */ ({}));
  panel.update(stateWith({ list: [SUMMARY] }));
  const drawn = drawnIn(panel.element);
  assert.match(byId(drawn, "projects-summary").textContent, /1 project, 91 MB/u);
  const words = byId(drawn, "project-list").textContent;
  assert.match(words, /<b>fruit<\/b>⟨U\+202E⟩/u);
  assert.match(
    words,
    /fruit\.csv · tiny · 2 runs, last 0\.500, best 0\.750 accuracy · stopped at step 120 of 400 · 91 MB/u,
  );
  assert.equal(drawn.all("b").length, 0);
  panel.update(stateWith({ list: [] }));
  assert.match(byId(drawn, "projects-summary").textContent, /none yet/u);
});

test("the list says of several runs the last score and the best, and of which the model is not there", () => {
  const runs = (/** @type {Partial<typeof SUMMARY.runs>} */ change) => ({
    ...SUMMARY,
    runs: { ...SUMMARY.runs, ...change },
  });
  const one = runs({ count: 1, values: [0.5] });
  assert.match(holds(one, []), / · 1 run, 0\.500 accuracy · stopped/u);
  const loss = { name: "loss", words: "loss", form: /** @type {const} */ ("number"), higher_is_better: false };
  const lower = runs({ score: { name: "loss", value: 0.5 }, values: [0.5, 0.25, 0.75] });
  assert.match(holds(lower, [loss]), /last 0\.50*, best 0\.250* loss/u);
  assert.match(holds(runs({ missing: true }), []), /accuracy · the last run’s model was not kept · /u);
  const bare = runs({ count: 1, values: [0.5], missing: true });
  assert.match(holds(bare, []), /accuracy · its model was not kept · /u);
  assert.ok(!holds(bare, [], true).includes("not kept"), "it is on its way");
});

test("a summary knows the scores of all runs of a task, and whether the last one’s model is there", async () => {
  const { project } = await filled();
  const [run] = project.runs;
  const over = (/** @type {number} */ value, /** @type {any} */ more = {}) => ({
    ...run,
    ...{ score: { name: "accuracy", value }, status: "done", ...more },
  });
  const placed = [{ path: "a", name: "result-00112233445566aa", bytes: 1, sum: "0".repeat(64) }];
  const runs = [
    over(0.25),
    over(0.5, { status: "running" }),
    over(0.75, { result: placed }),
    over(0.9, { task: "tokens" }),
    over(9, { score: { name: "f1", value: 1 } }),
    over(1, { score: null }),
  ];
  const summary = (/** @type {any[]} */ runs) => summaryOf({ project: { ...project, runs }, torn: false }, false).runs;
  const score = { name: "accuracy", value: 0.25 };
  assert.deepEqual(summary(runs), { count: 5, score, values: [0.25, 0.75], trained: true, missing: true });
  assert.deepEqual(summary([over(0.25, { result: placed })]).missing, false);
  assert.deepEqual(summary([]), NO_RUNS);
});

test("a project is deleted only after a question that says what stays, with the focus on keeping it", () => {
  const asked = /** @type {any[]} */ ([]);
  const actions = { removeProject: (/** @type {string} */ id) => asked.push(id) };
  const panel = projectList(/** @type {any} */ (actions));
  const drawn = drawnIn(panel.element);
  page.body.replaceChildren(drawn);
  const current = { id: "p", name: "fruit", run: null };
  const home = { id: "p", run: "r", kept: true };
  const question = (/** @type {import("../../www/state.js").State} */ state) => {
    panel.update(stateWith({ list: [] }));
    panel.update(state);
    byId(drawn, "project-delete-p").fire("click");
    const words = byId(drawn, "loss-p").textContent;
    assert.equal(focusedIn(drawn), "keep-p");
    byId(drawn, "keep-p").fire("click");
    assert.equal(focusedIn(drawn), "project-delete-p");
    return words;
  };
  const list = [SUMMARY];
  assert.equal(question(stateWith({ list })), "Delete it with its 91 MB? This cannot be undone.");
  assert.match(question(stateWith({ list, current })), /undone\. Its table stays open in this tab only\.$/u);
  const open = stateWith({ list, current, home });
  const trained = { ...open, run: { ...open.run, status: /** @type {const} */ ("done") } };
  assert.match(question(trained), /undone\. Its table and model stay open in this tab only\.$/u);
  assert.match(question({ ...trained, projects: { ...trained.projects, current: null } }), / Its model stays open/u);
  const stored = { ...trained, run: { ...trained.run, stored: { id: "p", run: "r" } } };
  assert.match(question(stored), / Its table stays open in this tab only, and the model in step 5 goes\.$/u);
  assert.deepEqual(asked, []);
  byId(drawn, "project-delete-p").fire("click");
  byId(drawn, "delete-p").fire("click");
  assert.deepEqual(asked, ["p"]);
});

test("a run that can go on is discarded only after a question, with the focus on keeping it", () => {
  let discarded = 0;
  const notice = continueNotice(/** @type {any} */ ({ discard: () => (discarded += 1) }));
  const drawn = drawnIn(notice.element);
  page.body.replaceChildren(drawn);
  notice.update(stateWith({ offer: OFFER }));
  assert.ok(!isShown(drawn, "discard-sure"));
  byId(drawn, "discard").fire("click");
  assert.deepEqual([discarded, focusedIn(drawn)], [0, "discard-keep"]);
  assert.match(byId(drawn, "discard-words").textContent, /with its 120 steps\? This cannot be undone/u);
  byId(drawn, "discard-keep").fire("click");
  assert.deepEqual([isShown(drawn, "discard-sure"), focusedIn(drawn)], [false, "discard"]);
  byId(drawn, "discard").fire("click");
  notice.update(stateWith({ offer: { ...OFFER, run: "other" } }));
  assert.ok(!isShown(drawn, "discard-sure"), "it was asked about another run");
  byId(drawn, "discard").fire("click");
  byId(drawn, "discard-sure").fire("click");
  assert.equal(discarded, 1);
});

test("what is said of a file from elsewhere shows what its name hides", async () => {
  const evil = new File(["PK"], "taken\u202e.zip");
  await assert.rejects(
    unpack(evil, async () => ({ zip: /** @type {any} */ ({}), entries: [] }), 1e9),
    { message: /^taken⟨U\+202E⟩\.zip was not imported/u },
  );
});

test("a run that can go on is offered with what is there of it", () => {
  const notice = continueNotice(/** @type {any} */ ({}));
  const drawn = drawnIn(notice.element);
  notice.update(stateWith({ offer: { ...OFFER, saved: Date.now() - 120_000 } }));
  assert.equal(byId(drawn, "continue-words").textContent, "fruit.csv, tiny, step 120 of 400, saved 2 minutes ago.");
  assert.ok(isShown(drawn, "continue"));
  assert.ok(!isShown(drawn, "continue-cpu"));
  notice.update(stateWith({ offer: OFFER, current: { id: "p", name: "fruit", run: null } }));
  assert.match(byId(drawn, "continue-words").textContent, /\. Training anew replaces it/u);
  notice.update(stateWith({ offer: { ...OFFER, lost: 2 } }));
  assert.ok(isShown(drawn, "continue-cpu") && isShown(drawn, "start-smaller"));
  assert.match(byId(drawn, "continue-words").textContent, /^The GPU was lost twice\./u);
  notice.update(stateWith({ offer: null }));
  assert.ok(!isShown(drawn, "continue"));
});

test("work of an earlier visit is offered to be opened, a trained model first", () => {
  const asked = /** @type {any[]} */ ([]);
  const actions = { openProject: (/** @type {string} */ id) => asked.push(id), leaveAgain: () => asked.push("leave") };
  const notice = againNotice(/** @type {any} */ (actions));
  const drawn = drawnIn(notice.element);
  const bare = { ...SUMMARY, id: "q", name: "bare", runs: NO_RUNS };
  const list = [bare, { ...SUMMARY, name: "fruit" }];
  notice.update(stateWith({ list }));
  assert.equal(byId(drawn, "again-title").textContent, "Open fruit again");
  assert.match(
    byId(drawn, "again-words").textContent,
    /^fruit\.csv · tiny · 2 runs, last 0\.500, best 0\.750 accuracy/u,
  );
  byId(drawn, "again-open").fire("click");
  byId(drawn, "again-leave").fire("click");
  assert.deepEqual(asked, ["p", "leave"]);
  notice.update(stateWith({ list: [bare] }));
  assert.equal(byId(drawn, "again-title").textContent, "Open bare again");
  const shown = (/** @type {import("../../www/state.js").State} */ state) => {
    notice.update(state);
    return isShown(drawn, "again-open");
  };
  assert.ok(shown(stateWith({ list })));
  assert.ok(!shown(stateWith({ list: [] })));
  assert.ok(!shown(stateWith({ list: [{ ...SUMMARY, elsewhere: true }] })), "another tab has it");
  assert.ok(!shown(stateWith({ list, again: false })));
  assert.ok(!shown(stateWith({ list, offer: OFFER })), "there is a run to go on with");
  const state = stateWith({ list });
  assert.ok(!shown({ ...state, data: { ...state.data, table: /** @type {any} */ ({}) } }), "a table is open");
});

test("what was done with projects is said outside of their list, which may be closed", () => {
  const panel = projectList(/** @type {any} */ ({}));
  panel.update(stateWith({ said: "fruit was imported." }));
  const drawn = drawnIn(panel.element);
  assert.equal(byId(drawn, "projects-said").textContent, "fruit was imported.");
  assert.ok(!drawn.all("details").some((list) => list.textContent.includes("fruit was imported.")));
});

test("beside a run stands how far it is kept, or why it is not", () => {
  const line = keptLine();
  const drawn = drawnIn(line.element);
  const state = stateWith({ kept: { step: 40, at: 0 } });
  line.update({ ...state, run: { ...state.run, status: "running" } });
  assert.match(byId(drawn, "run-kept").textContent, /up to step 40/u);
  assert.ok(!isShown(drawn, "storage-trouble"));
  const full = stateWith({ trouble: "The storage is full." });
  line.update({ ...full, run: { ...full.run, status: "running" } });
  assert.equal(byId(drawn, "storage-trouble").textContent, "The storage is full. Training goes on meanwhile.");
});

test("the diagnostic holds nothing of the user's data or names", () => {
  const state = initialState("gpu");
  const secret = "zanzibarkind";
  const mapping = /** @type {any} */ ({ task: "classification", text: secret, label: secret });
  const words = diagnosticOf(
    {
      ...state,
      dead: { kind: "worker", message: "It stopped." },
      model: {
        ...state.model,
        info: /** @type {any} */ ({ name: secret, architecture: "BERT", layers: 2, hidden: 32 }),
      },
      data: {
        ...state.data,
        table: /** @type {any} */ ({ name: secret }),
        dataset: {
          table: secret,
          mapping,
          info: /** @type {any} */ ({ task: "classification", train: 9, validation: 1, classes: [{ label: secret }] }),
        },
      },
      run: { ...state.run, subject: /** @type {any} */ ({ model: secret, table: secret, task: "classification" }) },
    },
    "Browser 1",
  );
  assert.match(words, /What happened: It stopped\.\nBrowser: Browser 1/u);
  assert.match(words, /Rows: 9 \+ 1/u);
  assert.ok(!words.includes(secret));
});
