// A short turn of what `make fuzz` does at length: damaged projects.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fuzzProjects } from "../fuzz/projects.mjs";

test("damaged projects are refused in words or are projects, and leave nothing else", async () => {
  const { refused, taken } = await fuzzProjects(900, 2);
  assert.ok(refused > 0 && taken > 0, `${refused} refused, ${taken} taken`);
});
