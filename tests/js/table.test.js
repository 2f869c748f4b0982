// A table on its way from its file into the engine: the pieces that are sent, what makes them start over, and what ends them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND } from "../../www/dialect.js";
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
    /** @param {string} name @param {import("../../www/protocol.js").Dialect} dialect */
    table_look: (name, { worksheet }) => void calls.push(worksheet ? `look ${name} ${worksheet}` : `look ${name}`),
    /** @param {Uint8Array} piece @param {boolean} first */
    table_survey: (piece, first) => (calls.push(`survey ${piece.length} ${first}`), first ? whole : null),
    table_begin: () => void calls.push("begin"),
    /** @param {Uint8Array} piece @param {boolean} last */
    table_push(piece, last) {
      calls.push(`push ${piece.length} ${last}`);
      if (refuses) throw { kind: "table", message: "Line 1: No." };
      return again-- > 0;
    },
    /** @param {Uint8Array} [bytes] */
    table_finish: (bytes) =>
      bytes ? (calls.push(`whole ${bytes.length}`), { name: "whole" }) : (calls.push("finish"), { name: "a.csv" }),
    /** @param {Uint8Array|undefined} bytes @param {unknown} like */
    table_finish_measured: (bytes, like) => (calls.push("finish measured"), { bytes, like }),
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
  assert.deepEqual(await open(blob(PIECE + 5), "a.csv", AS_FOUND, (progress) => told.push(progress)), {
    name: "a.csv",
  });
  const survey = [`survey ${PIECE} true`, "survey 5 false"];
  assert.deepEqual(calls, ["look a.csv", ...survey, "begin", `push ${PIECE} false`, "push 5 true", "finish"]);
  assert.deepEqual(told[0], { done: PIECE, total: 2 * (PIECE + 5), what: "Reading" });
  const empty = stage();
  await empty.open(blob(0), "a.csv", AS_FOUND, none);
  assert.deepEqual(empty.calls, ["look a.csv", "survey 0 true", "begin", "push 0 true", "finish"]);
});

test("a reader that was wrong about quotes gets all pieces again", async () => {
  const { calls, open } = stage({ again: 1 });
  await open(blob(PIECE + 5), "a.tsv", AS_FOUND, none);
  const begun = calls.slice(3);
  assert.deepEqual(begun, ["begin", `push ${PIECE} false`, `push ${PIECE} false`, "push 5 true", "finish"]);
});

test("a format that is read whole has a limit, which is looked at before more is read", async () => {
  const small = stage({ whole: true });
  assert.deepEqual(await small.open(blob(7), "a.json", AS_FOUND, none), { name: "whole" });
  assert.deepEqual(small.calls, ["look a.json", "survey 7 true", "whole 7"]);
  const workbook = stage({ whole: true });
  /** @type {(number|null)[]} */
  const totals = [];
  await workbook.open(blob(7), "a.xlsx", { ...AS_FOUND, worksheet: "Two" }, ({ total }) => totals.push(total));
  assert.deepEqual(totals, [14, null], "nobody knows how far the engine is");
  assert.deepEqual(workbook.calls, ["look a.xlsx Two", "survey 7 true", "whole 7"]);
  const large = stage({ whole: true });
  const read = /** @type {string[]} */ ([]);
  const file = { size: 201e6, slice: (/** @type {number} */ from) => (read.push(`${from}`), blob(PIECE)) };
  await assert.rejects(large.open(/** @type {any} */ (file), "a.json", AS_FOUND, none), {
    message: "a.json has 201 MB; at most 200 MB in this format fit into a tab. Take a smaller one.",
  });
  assert.deepEqual([read, large.calls], [["0"], ["look a.json", `survey ${PIECE} true`, "drop"]]);
  const huge = stage();
  await assert.rejects(huge.open(/** @type {any} */ ({ size: 5e9 }), "a.csv", AS_FOUND, none), { kind: "file" });
  assert.deepEqual(huge.calls, []);
});

test("what was cancelled, or made way for another table, is not opened", async () => {
  const { calls, open, cancel } = stage();
  const opening = open(blob(3 * PIECE), "a.csv", AS_FOUND, none);
  await cancel();
  assert.equal(await opening, null);
  assert.ok(!calls.includes("finish") && calls.includes("drop"));
  const first = open(blob(3 * PIECE), "a.csv", AS_FOUND, none);
  const second = open(blob(1), "b.csv", AS_FOUND, none);
  assert.deepEqual([await first, await second], [null, { name: "a.csv" }]);
});

test("a mistake in the file ends it", async () => {
  const { calls, open } = stage({ refuses: true });
  await assert.rejects(open(blob(2 * PIECE), "a.csv", AS_FOUND, none), { kind: "table" });
  assert.deepEqual(calls.slice(3), ["begin", `push ${PIECE} false`, "drop"]);
});
