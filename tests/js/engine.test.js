// Which build of the engine is taken, and what is said where it has but one thread.

import assert from "node:assert/strict";
import { test } from "node:test";

import { chooseBuild } from "../../www/engine.js";

const ALL = { built: true, isolated: true, shares: true, kept: false, relaxed: true, cores: 8 };

test("the GPU has a build of its own, whatever the CPU can do", () => {
  assert.equal(chooseBuild("gpu", ALL).build, "gpu");
  assert.equal(chooseBuild("gpu", { ...ALL, isolated: false }).build, "gpu");
});

test("the CPU has a thread per core, up to a limit", () => {
  assert.deepEqual(chooseBuild("cpu", ALL), { build: "relaxed", threads: 8, why: "" });
  assert.equal(chooseBuild("cpu", { ...ALL, cores: 1 }).threads, 1);
  assert.equal(chooseBuild("cpu", { ...ALL, cores: 128 }).threads, 16);
});

test("one thread is explained by what is missing", () => {
  for (const [missing, build, words] of /** @type {const} */ ([
    ["built", "cpu", /built without/u],
    // Relaxed SIMD needs no isolation.
    ["isolated", "relaxed", /Cross-Origin-Embedder-Policy/u],
    ["shares", "relaxed", /share memory/u],
  ])) {
    const { why, ...choice } = chooseBuild("cpu", { ...ALL, [missing]: false });
    assert.deepEqual(choice, { build, threads: 1 });
    assert.match(why, words);
    assert.doesNotMatch(why, /Load it again/u);
  }
});

test("without relaxed SIMD there are threads all the same, and where none can be the build with memory of its own", () => {
  const { why, ...choice } = chooseBuild("cpu", { ...ALL, relaxed: false });
  assert.deepEqual(choice, { build: "threads", threads: 8 });
  assert.match(why, /relaxed SIMD/u);
  assert.equal(chooseBuild("cpu", { ...ALL, isolated: false, relaxed: false }).build, "cpu");
});

test("a page that will isolate itself says when, before it speaks of headers", () => {
  const { why } = chooseBuild("cpu", { ...ALL, isolated: false, kept: true });
  assert.match(why, /Load it again.*Cross-Origin-Embedder-Policy/u);
});
