// When a running engine is asked for a checkpoint, and that training does not wait for its storing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createWriter } from "../../www/projects/writer.js";

const INFO = { step: 1, total_steps: 9, epoch: 0.5 };

/** A writer on a clock of the test, whose port answers when told. */
function stage() {
  /** @type {any[]} */
  const sent = [];
  let time = 0;
  const port = {
    postMessage: (/** @type {any} */ message) => void sent.push(message),
    close() {},
    /** @type {any} */
    onmessage: null,
  };
  const writer = createWriter(port, 60_000, () => time);
  /** @type {[number, string|undefined][]} */
  const stored = [];
  return {
    writer,
    sent,
    stored,
    pass: (/** @type {number} */ milliseconds) => (time += milliseconds),
    write: () =>
      writer.write(
        async () => ({ bytes: new Uint8Array(8), info: INFO }),
        (info, error) => stored.push([info.step, error?.message]),
      ),
    async answer(/** @type {any} */ error = null) {
      port.onmessage({ data: { number: sent.at(-1).number, error } });
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("the first comes soon, later ones after the interval or at the end of an epoch", async () => {
  const { writer, pass, write, answer } = stage();
  assert.equal(writer.isDue([]), false);
  pass(5000);
  assert.equal(writer.isDue([]), true);
  await write();
  await answer();
  pass(59_000);
  assert.equal(writer.isDue([]), false);
  assert.equal(writer.isDue([{ type: "epoch" }]), true);
  await write();
  await answer();
  assert.equal(writer.isDue([{ type: "step" }]), false);
  pass(60_000);
  assert.equal(writer.isDue([]), true);
});

test("none is asked for while one is being stored, nor more often than a twentieth of the time", async () => {
  const { writer, pass, write, answer, stored } = stage();
  pass(60_000);
  await write();
  pass(10_000);
  assert.equal(writer.isDue([{ type: "epoch" }]), false);
  await answer();
  assert.deepEqual(stored, [[1, undefined]]);
  // It took 10 s, so the next one may come after 200, from the begin of this one.
  pass(189_000);
  assert.equal(writer.isDue([]), false);
  pass(1000);
  assert.equal(writer.isDue([]), true);
});

test("an engine that has none to give is asked again later, and a full disk is told", async () => {
  const { writer, pass, write, answer, stored } = stage();
  pass(60_000);
  const none = writer.write(
    () => Promise.reject(new Error("not now")),
    () => assert.fail("nothing was stored"),
  );
  await assert.rejects(none, /not now/u);
  assert.equal(writer.isDue([]), false);
  pass(60_000);
  assert.equal(writer.isDue([]), true);
  await write();
  await answer({ kind: "file", message: "Full." });
  assert.deepEqual(stored, [[1, "Full."]]);
});
