// Opening and deleting projects: what is shown and what is read again afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";

import { projectActions } from "../../www/actions/projects.js";
import { isOnlyHere, troubleNow } from "../../www/projects/unkept.js";
import { idleRun } from "../../www/run.js";
import { phase } from "../../www/standing.js";
import { initialState, reduce } from "../../www/state.js";
import { ID, filled, history } from "./filled.js";

const OTHER = "00112233445566bb";
const PLACED = { name: "result-00112233445566aa", bytes: 1, sum: "0".repeat(64), path: "model.safetensors" };

/** A file that can be read until it is deleted. */
class Lent extends File {
  gone = false;

  stream() {
    if (this.gone) throw new DOMException("Gone.", "NotFoundError");
    return super.stream();
  }
}

/** A page and a store with a project that has a table, a model of the user and a run. @param {boolean} trained  Whether the run's model is kept. */
async function stage(trained) {
  const { project } = await filled();
  const runs = project.runs.map((run) => ({ ...run, result: trained ? [PLACED] : [] }));
  const mine = { ...project, id: ID, runs };
  const bare = { ...project, id: OTHER, runs: [] };
  const files = [
    new Lent(["text,label"], "fruit.csv"),
    ...["config.json", "tokenizer.json", "model.safetensors"].map((path) => new Lent(["{}"], path)),
  ];
  const [table, ...model] = files;
  let state = initialState("cpu");
  const dispatch = (/** @type {import("../../www/state.js").Action} */ action) => void (state = reduce(state, action));
  /** What was opened last. @type {{table: any, model: any}} */
  const inUse = { table: null, model: null };
  const dataset = /** @type {any} */ ({
    info: {},
    table: "fruit.csv",
    mapping: { task: "classification", pair: null },
  });
  const openers = /** @type {any} */ ({
    openModelAgain: async (/** @type {any} */ source) => {
      inUse.model = source;
      const info = /** @type {any} */ ({ name: mine.model?.name, sum: mine.model?.sum });
      dispatch({ type: "model_opened", info, base: "" });
    },
    modelInUse: () => inUse.model,
    openTableAgain: async (/** @type {any} */ source) => {
      inUse.table = source;
      dispatch({ type: "data", change: { dataset } });
    },
    sourceInUse: () => inUse.table,
    sourcesAtHand: () => [inUse.table],
    takeDraft: async () => {},
    takeSeveral() {},
  });
  /** What was written, by the names of the calls. @type {string[]} */
  const written = [];
  const writes = (/** @type {string} */ name) => async () => {
    written.push(name);
    return mine;
  };
  const keeper = /** @type {any} */ ({
    list: async () => [],
    place: writes("place"),
    saveModel: writes("saveModel"),
    save: writes("save"),
    close: async () => null,
    open: async (/** @type {string} */ id) => ({
      ...{ project: id === ID ? mine : bare, table, history: id === ID ? history : null },
      model: model.map((file) => [file.name, file]),
    }),
    import: async () => ({ name: "fruit\u202e" }),
    remove: async () => {
      for (const file of files) file.gone = true;
    },
  });
  const actions = projectActions(
    { client: /** @type {any} */ ({}), keeper, interval_ms: 0, dispatch, state: () => state },
    openers,
  );
  return { actions, dispatch, inUse, run: runs[0].id, state: () => state, written };
}

test("a project shows its own run with the model that it keeps, and no other", async () => {
  const { actions, run, state } = await stage(true);
  await actions.openProject(ID);
  assert.equal(state().projects.error, null);
  assert.deepEqual([phase(state()), state().run.stored], ["trained", { id: ID, run }]);
  await actions.openProject(OTHER);
  assert.deepEqual([phase(state()), state().run], ["ready", idleRun()]);
});

test("a run whose model is not there offers nothing to try, and says why", async () => {
  const { actions, state } = await stage(false);
  await actions.openProject(ID);
  assert.deepEqual([phase(state()), state().run.stored], ["ready", null]);
  assert.match(state().run.error?.message ?? "", /The model of this run was not kept/u);
  assert.ok(state().run.done, "its figures are there");
});

test("when the open project is deleted, its table and model are there to be kept again, and its result is gone", async () => {
  const { actions, inUse, state } = await stage(true);
  await actions.openProject(ID);
  await actions.removeProject(ID);
  assert.deepEqual([state().projects.error, state().projects.current], [null, null]);
  assert.equal(await inUse.table.file.text(), "text,label");
  assert.ok(inUse.table.file.stream(), "it is no file of the project any more");
  for (const file of inUse.model.from.values()) assert.equal(await new Response(file.stream()).text(), "{}", file.name);
  assert.deepEqual([phase(state()), state().run.status], ["ready", "idle"]);
});

test("a result outlives its project where it is in an engine, and not where it was only kept there", async () => {
  const engine = await stage(true);
  engine.dispatch({ type: "restored", run: { ...idleRun(), status: "done" } });
  await engine.actions.removeProject(ID);
  assert.equal(engine.state().run.status, "done");
  const elsewhere = await stage(true);
  await elsewhere.actions.openProject(ID);
  elsewhere.dispatch({ type: "projects", change: { current: { id: OTHER, name: "other", run: null } } });
  await elsewhere.actions.removeProject(ID);
  assert.deepEqual([elsewhere.state().run.status, elsewhere.state().projects.current?.id], ["idle", OTHER]);
});

test("the open project stays deleted until something is changed or trained", async () => {
  const { actions, dispatch, state, written } = await stage(true);
  const settled = async () => {
    actions.watchProject();
    await actions.flush();
    return written.splice(0);
  };
  await actions.openProject(ID);
  await actions.removeProject(ID);
  written.splice(0);
  assert.deepEqual(await settled(), []);
  // The page itself may write the same into its forms, and loses its data set while it moves to another device.
  const { dataset } = state().data;
  dispatch({ type: "data", change: { dataset: null } });
  assert.deepEqual(await settled(), []);
  dispatch({ type: "data", change: { dataset: dataset && { ...dataset, mapping: { ...dataset.mapping } } } });
  dispatch({ type: "recipe", change: { draft: { ...state().recipe.draft } } });
  assert.deepEqual(await settled(), []);
  assert.equal(state().projects.current, null);
  dispatch({ type: "recipe", change: { draft: { epochs: "9" } } });
  assert.deepEqual(await settled(), ["place", "saveModel", "save"]);
  assert.equal(state().projects.current?.id, ID);

  const trained = await stage(true);
  await trained.actions.openProject(ID);
  await trained.actions.removeProject(ID);
  trained.written.splice(0);
  trained.dispatch({ type: "run", change: { status: "running" } });
  await trained.actions.flush();
  assert.deepEqual(trained.written, ["place", "saveModel", "save"]);
});

test("another project is opened without the deleted one coming back", async () => {
  const { actions, state, written } = await stage(true);
  await actions.openProject(ID);
  await actions.removeProject(ID);
  written.splice(0);
  await actions.openProject(OTHER);
  assert.deepEqual([state().projects.error, written], [null, []]);
});

test("once its project is deleted, a model that is in an engine is kept nowhere, and names stay text", async () => {
  const { actions, dispatch, state } = await stage(true);
  await actions.openProject(ID);
  dispatch({ type: "restored", run: { ...idleRun(), status: "done" } });
  const summary = /** @type {any} */ ({ id: ID, name: "fruit\u202e" });
  dispatch({ type: "projects", change: { home: { id: ID, run: "r", kept: true }, list: [summary] } });
  assert.equal(isOnlyHere(state()), false);
  await actions.removeProject(ID);
  assert.equal(isOnlyHere(state()), true);
  assert.match(troubleNow(state()) ?? "", /not kept in this browser\. Download it in step 5/u);
  assert.equal(state().projects.said, "fruit⟨U+202E⟩ was deleted.");
  await actions.importProject(/** @type {any} */ ({}));
  assert.equal(state().projects.said, "fruit⟨U+202E⟩ was imported.");
});

test("room that a deleted project leaves is used for what had none", async () => {
  const { actions, dispatch, state, written } = await stage(true);
  await actions.openProject(ID);
  dispatch({ type: "projects", change: { trouble: "The storage is full." } });
  written.splice(0);
  await actions.removeProject(OTHER);
  assert.deepEqual([written, state().projects.trouble], [["save"], null]);
});
