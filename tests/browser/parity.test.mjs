// The native parity tests in each of the engine's modules: hidden states, every gradient and the losses of ten steps of
// BERT; hidden states, logits and every gradient of all families, each with every head.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PATIENCE, startSite } from "./harness.mjs";

/** Where `make` puts the modules of parity.rs. */
const FOLDER = fileURLToPath(new URL("../../target/parity/", import.meta.url));

const FAMILIES = readdirSync(fileURLToPath(new URL("../fixtures/families/", import.meta.url)), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** More threads than many a machine has cores, so that they are sure to meet. */
const THREADS = 4;

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite(FOLDER);
});
after(() => site.close());

for (const { build, device, on } of /** @type {const} */ ([
  { build: "cpu", device: "cpu", on: "the CPU with one thread" },
  { build: "threads", device: "cpu", on: `the CPU with ${THREADS} threads` },
  { build: "relaxed", device: "cpu", on: `the CPU with ${THREADS} threads and relaxed SIMD` },
  { build: "gpu", device: "gpu", on: "WebGPU" },
])) {
  // Only where nothing on the machine could compile it, which the build has said.
  const skip = !readFileSync(`${FOLDER}${build}/built.js`, "utf8").includes("true") && "this module was not built";
  for (const family of [null, ...FAMILIES]) {
    const what = family === null ? "PyTorch's numbers in training" : `every head of ${family}`;
    test(`${what} on ${on}`, { timeout: PATIENCE, skip }, async () => {
      const { page, errors, close } = await site.open({ device });
      const thrown = await page.evaluate(
        (order) => {
          const worker = new Worker("/tests/browser/parity.worker.js", { type: "module", name: "parity" });
          return new Promise((resolve) => {
            worker.addEventListener("message", ({ data }) => resolve(data.thrown));
            worker.addEventListener("error", (event) => resolve(event.message || "the worker could not be loaded"));
            // A thread that fails says so here: the worker would wait for it for ever.
            new BroadcastChannel("parity").addEventListener("message", ({ data }) => resolve(data.error.message));
            worker.postMessage(order);
          });
        },
        { build, device, threads: THREADS, family },
      );
      // A comparison that fails panics: the sentence is on the console, what is thrown says only that the module ended.
      assert.equal(thrown, null, errors.join("\n"));
      assert.deepEqual(errors, []);
      await close();
    });
  }
}
