// The short form of the soak test: each kind of kill once or twice; `make soak N=100` is the long one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROUNDS = "6";
const SOAK = fileURLToPath(new URL("../soak/soak.mjs", import.meta.url));

test("work outlives kills of the worker, the page, the GPU and the browser", { timeout: 900_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SOAK, ROUNDS, "7"], { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /6 kills, 0 lost/);
});
