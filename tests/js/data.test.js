// Choosing a task and columns: what is asked of the engine, what the page then says it trains on, and mistakes on the way.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND } from "../../www/dialect.js";
import { dataActions } from "../../www/actions/data.js";
import { initialState, reduce } from "../../www/state.js";

/** @typedef {import("../../www/protocol.js").Mapping} Mapping */
/** @typedef {import("../../www/protocol.js").Task} Task */

/** @param {Partial<Mapping>} more @returns {Mapping} */
function mapping(more) {
  const none = { pair: null, label: "", negative: null, separator: null, split: null };
  return { task: "classification", text: "t", ...none, validation_share: 0.1, seed: 0, ...more };
}

/** A page whose engine answers when the test says so. */
function stage() {
  let state = initialState("cpu");
  /** @type {{call: string, args: unknown[], ok: (value: unknown) => Promise<void>, fail: (place?: {line: number}) => Promise<void>}[]} */
  const asked = [];
  const settled = () => new Promise((/** @type {(value: void) => void} */ resolve) => setImmediate(resolve));
  const client = new Proxy(
    {},
    {
      get:
        (_, call) =>
        (/** @type {unknown[]} */ ...args) =>
          new Promise((resolve, reject) => {
            const ok = (/** @type {unknown} */ value) => (resolve(value), settled());
            const fail = (/** @type {{line: number}|undefined} */ place) => (
              reject({ kind: "table", message: "No.", ...place }),
              settled()
            );
            asked.push({ call: String(call), args, ok, fail });
          }),
    },
  );
  const actions = dataActions({
    client: /** @type {import("../../www/client.js").Client} */ (client),
    dispatch: (action) => void (state = reduce(state, action)),
    state: () => state,
  });
  const file = new File(["x"], "a.csv");
  const info = (/** @type {Task} */ task) => ({
    task,
    classes: [],
    train: 1,
    validation: 1,
    mean_tokens: 1,
    notes: [],
  });

  /** Opens a table of texts with labels. */
  async function open() {
    const opened = actions.openTableFile(file);
    while (asked.length === 0) await settled();
    const columns = ["t", "l"].map((name) => ({ name, distinct: 1, empty: 0, mean_characters: 1 }));
    await asked[0].ok({
      name: "a.csv",
      columns,
      preview: [],
      notes: [],
      worksheets: [],
      mapping: mapping({ label: "l", seed: 7 }),
    });
    await asked[1].ok(info("classification"));
    await opened;
  }

  return { actions, asked, open, info, data: () => state.data };
}

test("a task that is picked shows at once, and its columns are guessed", async () => {
  const { actions, asked, open, info, data } = stage();
  await open();
  void actions.chooseTask("regression");
  assert.equal(data().mapping?.task, "regression");
  assert.deepEqual([asked[2].call, asked[2].args], ["guessMapping", ["regression"]]);
  await asked[2].ok(mapping({ task: "regression", label: "l" }));
  assert.deepEqual(asked[3].args, [mapping({ task: "regression", label: "l", seed: 7 })], "the seed stays");
  await asked[3].ok(info("regression"));
  assert.equal(data().dataset?.mapping.task, "regression");
  assert.equal(data().mapping_busy, false);
});

test("a task that lacks a column is not sent, and the data set stays", async () => {
  const { actions, asked, open, data } = stage();
  await open();
  void actions.chooseTask("answers");
  await asked[2].ok(mapping({ task: "answers" }));
  assert.equal(asked.length, 3);
  assert.match(data().error?.message ?? "", /a column with the context and a column with the answers/u);
  assert.equal(data().mapping?.task, "answers");
  assert.equal(data().dataset?.mapping.task, "classification");
  assert.equal(data().mapping_busy, false);
});

test("a guess that fails puts the choice back", async () => {
  const { actions, asked, open, data } = stage();
  await open();
  void actions.chooseTask("tokens");
  await asked[2].fail();
  assert.equal(data().mapping?.task, "classification");
  assert.equal(data().error?.message, "No.");
});

test("of two tasks that are picked quickly the last one counts", async () => {
  const { actions, asked, open, info, data } = stage();
  await open();
  void actions.chooseTask("tokens");
  void actions.chooseTask("language");
  await asked[2].ok(mapping({ task: "tokens", label: "l" }));
  await asked[3].ok(mapping({ task: "language" }));
  assert.equal(asked.length, 5);
  await asked[4].ok(info("language"));
  assert.equal(data().dataset?.mapping.task, "language");
});

test("the page says what the engine holds, also when the form has moved on", async () => {
  const { actions, asked, open, info, data } = stage();
  await open();
  void actions.changeMapping(mapping({ label: "l", seed: 1 }));
  void actions.changeMapping(mapping({ task: "answers" }));
  await asked[2].ok(info("classification"));
  assert.equal(data().dataset?.mapping.seed, 1);
  assert.equal(data().mapping?.task, "answers");
  assert.match(data().error?.message ?? "", /needs/u);
});

test("a table that is cancelled leaves what was open, and one that comes in between counts", async () => {
  const { actions, asked, open, info, data } = stage();
  await open();
  const before = data();
  const opening = actions.openTableFile(new File(["y"], "b.csv"));
  assert.deepEqual([data().loading, asked[2].args[1]], ["b.csv", "b.csv"]);
  /** @type {any} */ (asked[2].args[3])({ done: 1, total: 2, what: "Reading" });
  assert.equal(data().progress?.done, 1);
  void actions.cancelTable();
  assert.equal(asked[3].call, "cancelTable");
  await asked[2].ok(null);
  await opening;
  assert.deepEqual({ ...data(), progress: null }, before);
  assert.equal(actions.sourceInUse()?.name, "a.csv");

  const [first, second] = ["c.csv", "d.csv"].map((name) => actions.openTableFile(new File(["z"], name)));
  await asked[4].ok(null);
  await first;
  assert.equal(data().loading, "d.csv", "the other one is still being read");
  await asked[5].ok({
    name: "d.csv",
    columns: [],
    preview: [],
    notes: [],
    worksheets: [],
    mapping: mapping({ label: "l" }),
  });
  await asked[6].ok(info("classification"));
  await second;
  assert.equal(actions.sourceInUse()?.name, "d.csv");
});

test("another sheet of a workbook is read from the same file, and the one before can be gone back to", async () => {
  const { actions, asked, info, data } = stage();
  const columns = ["t", "l"].map((name) => ({ name, distinct: 1, empty: 0, mean_characters: 1 }));
  const sheet = (/** @type {string} */ worksheet) => ({
    ...{ name: "a.xlsx", columns, preview: [], notes: [], mapping: mapping({ label: "l" }) },
    ...{ worksheets: ["One", "Two"], dialect: { ...AS_FOUND, worksheet, header: true } },
  });
  const file = new File(["x"], "a.xlsx");
  const opening = actions.openTableFile(file);
  assert.deepEqual(asked[0].args.slice(0, 3), [file, "a.xlsx", AS_FOUND]);
  await asked[0].ok(sheet("One"));
  await asked[1].ok(info("classification"));
  await opening;
  assert.deepEqual(
    actions.sourceInUse()?.dialect,
    { ...AS_FOUND, worksheet: "One" },
    "which one it was is known from then on",
  );
  await actions.chooseWorksheet("One");
  assert.equal(asked.length, 2, "it is open");

  const empty = actions.chooseWorksheet("Two");
  assert.deepEqual(asked[2].args.slice(0, 3), [file, "a.xlsx", { ...AS_FOUND, worksheet: "Two" }]);
  await asked[2].fail();
  await empty;
  assert.deepEqual([data().table?.dialect.worksheet, data().error?.message], ["One", "a.xlsx: No."]);

  const second = actions.chooseWorksheet("Two");
  await asked[3].ok(sheet("Two"));
  await asked[4].ok(info("classification"));
  await second;
  assert.deepEqual([data().table?.dialect.worksheet, data().previous], ["Two", "a.xlsx, One"]);
  const back = actions.goBack();
  assert.deepEqual(asked[5].args.slice(0, 3), [file, "a.xlsx", { ...AS_FOUND, worksheet: "One" }]);
  await asked[5].ok(sheet("One"));
  await asked[6].ok(info("classification"));
  await back;
  assert.equal(data().table?.dialect.worksheet, "One");
});

test("an open table is read in another way, and its first reading stays where that fails", async () => {
  const { actions, asked, open, info, data } = stage();
  await open();
  const reading = actions.readAs({ header: false });
  assert.deepEqual(asked[2].args[2], { ...AS_FOUND, header: false });
  const columns = ["t", "l"].map((name) => ({ name, distinct: 1, empty: 0, mean_characters: 1 }));
  const table = { name: "a.csv", columns, preview: [], notes: [], worksheets: [], mapping: mapping({ label: "l" }) };
  await asked[2].ok(table);
  await asked[3].ok(info("classification"));
  await reading;
  assert.deepEqual([data().asked.header, data().previous], [false, "a.csv"]);

  const failing = actions.readAs({ encoding: "Big5" });
  assert.deepEqual(asked[4].args[2], { ...AS_FOUND, header: false, encoding: "Big5" }, "what was said before holds");
  await asked[4].fail();
  await failing;
  assert.deepEqual([data().asked.encoding, data().refused, data().error?.message], [null, null, "a.csv: No."]);
});

test("a file that cannot be read can be read in another way, beside the table that is open", async () => {
  const { actions, asked, open, info, data } = stage();
  await open();
  const file = new File(["y"], "b.txt");
  const opening = actions.openTableFile(file);
  await asked[2].fail({ line: 7 });
  await opening;
  assert.deepEqual(data().refused, { name: "b.txt", asked: AS_FOUND });
  assert.equal(data().table?.name, "a.csv");

  const picture = actions.openTableFile(new File(["z"], "c.png"));
  await asked[3].fail();
  await picture;
  assert.equal(data().refused, null, "what is no table cannot be read differently");
  const again = actions.openTableFile(file);
  await asked[4].fail({ line: 7 });
  await again;

  const still = actions.readAs({ delimiter: "tab" });
  await asked[5].fail();
  await still;
  assert.equal(data().refused?.asked.delimiter, "tab");
  const reading = actions.readAs({ delimiter: "none" });
  assert.deepEqual(asked[6].args.slice(0, 3), [file, "b.txt", { ...AS_FOUND, delimiter: "none" }]);
  const columns = ["t", "l"].map((name) => ({ name, distinct: 1, empty: 0, mean_characters: 1 }));
  const table = { name: "b.txt", columns, preview: [], notes: [], worksheets: [] };
  await asked[6].ok({ ...table, mapping: mapping({ label: "l" }) });
  await asked[7].ok(info("classification"));
  await reading;
  assert.deepEqual([data().table?.name, data().asked.delimiter, data().refused], ["b.txt", "none", null]);
});

test("a field that cannot be read is kept in mind, and the others count", async () => {
  const { actions, asked, open, info, data } = stage();
  await open();
  const before = asked.length;
  const shown = data().mapping ?? assert.fail();
  await actions.changeMapping(shown, { share: "No." });
  assert.deepEqual(data().mistakes, { share: "No." });
  assert.equal(asked.length, before, "nothing that the engine does not know");
  const changing = actions.changeMapping({ ...shown, text: "l", label: "t" }, { share: "No." });
  assert.deepEqual(asked[before].args, [{ ...shown, text: "l", label: "t" }]);
  await asked[before].ok(info("classification"));
  await changing;
  assert.deepEqual(data().mistakes, { share: "No." });
  await actions.changeMapping({ ...shown, text: "l", label: "t" });
  assert.deepEqual(data().mistakes, {});
});

test("another table brings a share and a seed of its own", async () => {
  const { actions, asked, open, data } = stage();
  await open();
  await actions.changeMapping(data().mapping ?? assert.fail(), { seed: "No." });
  void actions.openTableFile(new File(["y"], "b.csv"));
  await asked[2].ok({
    name: "b.csv",
    columns: [],
    preview: [],
    notes: [],
    worksheets: [],
    mapping: mapping({ label: "l" }),
  });
  assert.deepEqual(data().mistakes, {});
});

test("a file that cannot be read is named, a table whose columns do not fit is not", async () => {
  const { actions, asked, open, data } = stage();
  await open();
  const opening = actions.openTableFile(new File(["y"], "photo.png"));
  await asked[2].fail();
  await opening;
  assert.deepEqual([data().error?.message, data().error?.name], ["photo.png: No.", "photo.png"]);
  const changing = actions.changeMapping(mapping({ label: "l", text: "l" }));
  await asked[3].fail();
  await changing;
  assert.deepEqual([data().error?.message, data().error?.name], ["No.", undefined]);
});
