// What an engine's worker says of the trained model that it sends to be kept.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createKeeping } from "../../www/projects/keeping.js";
import { mistake } from "../../www/mistake.js";

/** @param {Record<string, () => Promise<unknown>>} engine */
async function keep(engine) {
  /** @type {unknown[]} */
  const told = [];
  /** @type {string[]} */
  const sent = [];
  const writer = /** @type {any} */ ({
    async keepResult(/** @type {{path: string}[]} */ files) {
      sent.push(...files.map(({ path }) => path));
      return null;
    },
    close: () => sent.push("closed"),
  });
  const keeping = createKeeping(
    writer,
    "tiny",
    () => ({ created: "", browser: "" }),
    (event) => told.push(event),
  );
  await keeping.result(/** @type {any} */ (engine));
  return { told, sent };
}

const files = async () => [{ path: "config.json", bytes: new Uint8Array(1) }];

test("a trained model is sent with its adapter in a folder of its own, where it has one", async () => {
  const kept = { type: "kept", info: null, mistake: null };
  const whole = await keep({ export_files: files, export_adapter: () => Promise.reject(new Error("None.")) });
  assert.deepEqual(whole, { told: [kept], sent: ["config.json", "closed"] });
  const { sent } = await keep({ export_files: files, export_adapter: files });
  assert.deepEqual(sent, ["config.json", "adapter/config.json", "closed"]);
});

test("a model that the engine cannot hand out is told not to be kept", async () => {
  const none = mistake("tensor", "No memory is left.");
  const { told, sent } = await keep({ export_files: () => Promise.reject(none), export_adapter: files });
  assert.deepEqual([told, sent], [[{ type: "kept", info: null, mistake: none }], ["closed"]]);
});
