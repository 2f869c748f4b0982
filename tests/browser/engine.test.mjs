// Which of the engine's modules the page loads, what it says about that, and that a change of device loses nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { SECRET, modelFiles } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { begin, download, drop, reaches, reads, train } from "./user.mjs";

/** Whether this machine could compile the modules with threads. */
const BUILT = readFileSync(new URL("../../pkg/threads/built.js", import.meta.url), "utf8").includes("true");
const skip = !BUILT && "the modules with threads were not built";

/** @type {import("./harness.mjs").Site} */
let site;
/** A host that sends no headers of its own. @type {import("./harness.mjs").Site} */
let plain;
before(async () => {
  [site, plain] = await Promise.all([startSite(), startSite(undefined, {})]);
});
after(() => Promise.all([site.close(), plain.close()]));

/** @param {import("./harness.mjs").Opened["requests"]} requests @returns {string[]} The modules that were loaded. */
function modules(requests) {
  return requests.flatMap(({ url }) => /pkg\/(\w+)\/tabtune_bg\.wasm$/.exec(url)?.[1] ?? []);
}

test("an isolated page computes on all cores", { timeout: PATIENCE, skip }, async () => {
  const { page, requests, errors, close } = await site.open({ device: "cpu" });
  const cores = await page.evaluate(() => Math.min(navigator.hardwareConcurrency, 16));
  await reads(page, "#device-sentence", cores === 1 ? /on 1 thread\./ : new RegExp(`on ${cores} threads\\.`));
  assert.deepEqual(modules(requests), ["relaxed"]);
  assert.deepEqual(errors, []);
  await close();
});

test("a page that is not isolated computes on one thread and says why", { timeout: PATIENCE, skip }, async () => {
  const { page, requests, errors, close } = await plain.open({ device: "cpu" });
  await reads(page, "#device-sentence", /on 1 thread\..*Cross-Origin-Opener-Policy/);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  assert.deepEqual(modules(requests), ["relaxed"]);
  await begin(page, { epochs: 1 });
  await train(page);
  assert.deepEqual(errors, []);
  await close();
});

test(
  "a browser without relaxed SIMD computes on all cores with the build that needs none",
  { timeout: PATIENCE, skip },
  async () => {
    const { page, requests, errors, close } = await site.open({
      device: "cpu",
      worker: "WebAssembly.validate = () => false;",
    });
    await reads(page, "#device-sentence", /relaxed SIMD for WebAssembly, which this browser lacks/);
    assert.deepEqual(modules(requests), ["threads"]);
    await begin(page, { epochs: 1 });
    await train(page);
    assert.deepEqual(errors, []);
    await close();
  },
);

test("where no memory can be shared, the build that has its own takes over", { timeout: PATIENCE, skip }, async () => {
  const worker = `WebAssembly.Memory = class { constructor() { throw new RangeError("no room"); } };`;
  for (const [host, words, tried] of /** @type {const} */ ([
    [site, /on 1 thread\..*more could not be started \(no room\)/, ["relaxed", "threads", "cpu"]],
    // One thread it is anyway: what would give more stays the advice.
    [plain, /on 1 thread\..*Cross-Origin-Opener-Policy/, ["relaxed", "cpu"]],
  ])) {
    const { page, requests, errors, close } = await host.open({ device: "cpu", worker });
    await reads(page, "#device-sentence", words);
    assert.deepEqual(modules(requests), tried);
    assert.deepEqual(errors, []);
    await close();
  }
});

test(
  "a browser without WebGPU that is told to use a GPU says why not, and takes the CPU",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await site.open({
      device: "gpu",
      worker: `delete globalThis.GPUAdapter; Object.defineProperty(navigator, "gpu", { value: undefined });`,
    });
    await reads(page, "#device-error", /No GPU could be set up/);
    await page.locator("#device-select").selectOption("cpu");
    await reads(page, "#device-sentence", /on \d+ threads?\./);
    assert.deepEqual(errors, []);
    await close();
  },
);

test("model, data and result outlive a change of device", { timeout: PATIENCE }, async () => {
  const { page, requests, errors, close } = await site.open({ device: "cpu" });
  await begin(page, { epochs: 1 });
  await train(page);
  const before = await download(page, "#download-weights");

  await page.locator("#device-select").selectOption("gpu");
  await reads(page, "#device-sentence", /GPU/);
  await reads(page, "#data-summary", /3 labels/);
  await page.locator("#try-text").fill(`${SECRET} the pear is good`);
  await page.locator("#try-send").click();
  await reads(page, "#prediction", /%/);
  const after = await download(page, "#download-weights");
  assert.deepEqual(after.bytes, before.bytes);

  // Another run is on the new device, and its result takes the place of the old one.
  await page.locator('#train[aria-disabled="false"]').click();
  await reaches(page, "running");
  await reaches(page, "trained");
  const trained = await download(page, "#download-weights");
  assert.notDeepEqual(trained.bytes, before.bytes);
  assert.deepEqual(modules(requests), [BUILT ? "relaxed" : "cpu", "gpu"]);
  assert.deepEqual(errors, []);
  await close();
});

test("a thread that stops is noticed, and the engine can be started again", { timeout: PATIENCE, skip }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  // What thread.js sends when the module traps in it, while the engine waits for it and cannot say anything.
  await page.workers()[0].evaluate(() => {
    new BroadcastChannel(self.name).postMessage({ error: { kind: "worker", message: "A thread stopped." } });
  });
  await reads(page, "#worker-error", /A thread stopped/);
  await page.locator("#revive").click();
  await reaches(page, "model");
  assert.deepEqual(errors, []);
  await close();
});
