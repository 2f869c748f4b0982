// A table on its way from its file into the engine: the pieces that are sent, what makes them start over, and what ends them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PIECE } from "../../www/pieces.js";
import { tableAnswers } from "../../www/table.js";

/**
 * An engine that notes what it is given.
 *
 * @param {{whole?: boolean, again?: number, refuses?: boolean}} [nature]  `again`: how often it wants all pieces once more.
 */
function stage({ whole = false, again = 0, refuses = false } = {}) {
  /** @type {string[]} */
  const calls = [];
  const engine = {
    /** @param {Uint8Array} piece @param {string} name @param {boolean} first */
    table_survey: (piece, name, first) => (calls.push(`survey ${piece.length} ${first}`), first ? whole : null),
    table_begin: () => void calls.push("begin"),
    /** @param {Uint8Array} piece @param {boolean} last */
    table_push(piece, last) {
      calls.push(`push ${piece.length} ${last}`);
      if (refuses) throw { kind: "table", message: "Line 1: No." };
      return again-- > 0;
    },
    table_finish: () => (calls.push("finish"), { name: "a.csv" }),
    /** @param {Uint8Array} bytes @param {string} name @param {string|null} worksheet */
    table_whole: (bytes, name, worksheet) => (calls.push(`whole ${bytes.length} ${worksheet}`), { name }),
    table_drop: () => void calls.push("drop"),
  };
  const run = async (/** @type {(engine: any) => any} */ work) => work(engine);
  const { open_table, cancel_table } = tableAnswers(run, run);
  return { calls, open: open_table, cancel: cancel_table };
}

const none = () => undefined;
const blob = (/** @type {number} */ size) => new Blob([new Uint8Array(size)]);

test("the bytes pass twice, in pieces", async () => {
  const { calls, open } = stage();
  /** @type {import("../../www/protocol.js").Progress[]} */
  const told = [];
  assert.deepEqual(await open(blob(PIECE + 5), "a.csv", null, (progress) => told.push(progress)), { name: "a.csv" });
  const survey = [`survey ${PIECE} true`, "survey 5 false"];
  assert.deepEqual(calls, [...survey, "begin", `push ${PIECE} false`, "push 5 true", "finish"]);
  assert.deepEqual(told[0], { done: PIECE, total: 2 * (PIECE + 5), what: "Reading" });
  const empty = stage();
  await empty.open(blob(0), "a.csv", null, none);
  assert.deepEqual(empty.calls, ["survey 0 true", "begin", "push 0 true", "finish"]);
});

test("a reader that was wrong about quotes gets all pieces again", async () => {
  const { calls, open } = stage({ again: 1 });
  await open(blob(PIECE + 5), "a.tsv", null, none);
  const begun = calls.slice(2);
  assert.deepEqual(begun, ["begin", `push ${PIECE} false`, `push ${PIECE} false`, "push 5 true", "finish"]);
});

test("a format that is read whole has a limit, which is looked at before more is read", async () => {
  const small = stage({ whole: true });
  assert.deepEqual(await small.open(blob(7), "a.json", null, none), { name: "a.json" });
  assert.deepEqual(small.calls, ["survey 7 true", "whole 7 null"]);
  const workbook = stage({ whole: true });
  /** @type {(number|null)[]} */
  const totals = [];
  await workbook.open(blob(7), "a.xlsx", "Two", ({ total }) => totals.push(total));
  assert.deepEqual(totals, [14, null], "nobody knows how far the engine is");
  assert.deepEqual(workbook.calls, ["survey 7 true", "whole 7 Two"]);
  const large = stage({ whole: true });
  const read = /** @type {string[]} */ ([]);
  const file = { size: 201e6, slice: (/** @type {number} */ from) => (read.push(`${from}`), blob(PIECE)) };
  await assert.rejects(large.open(/** @type {any} */ (file), "a.json", null, none), {
    message: "a.json has 201 MB; at most 200 MB in this format fit into a tab. Take a smaller one.",
  });
  assert.deepEqual([read, large.calls], [["0"], [`survey ${PIECE} true`, "drop"]]);
  const huge = stage();
  await assert.rejects(huge.open(/** @type {any} */ ({ size: 5e9 }), "a.csv", null, none), { kind: "file" });
  assert.deepEqual(huge.calls, []);
});

test("what was cancelled, or made way for another table, is not opened", async () => {
  const { calls, open, cancel } = stage();
  const opening = open(blob(3 * PIECE), "a.csv", null, none);
  await cancel();
  assert.equal(await opening, null);
  assert.ok(!calls.includes("finish") && calls.includes("drop"));
  const first = open(blob(3 * PIECE), "a.csv", null, none);
  const second = open(blob(1), "b.csv", null, none);
  assert.deepEqual([await first, await second], [null, { name: "a.csv" }]);
});

test("a mistake in the file ends it", async () => {
  const { calls, open } = stage({ refuses: true });
  await assert.rejects(open(blob(2 * PIECE), "a.csv", null, none), { kind: "table" });
  assert.deepEqual(calls.slice(2), ["begin", `push ${PIECE} false`, "drop"]);
});
