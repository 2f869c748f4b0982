// A GPU that goes away again and again, and a screen that stays on: what the page does around a run.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { begin, choose, reaches, reads, train } from "./user.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** @typedef {import("playwright-core").Page} Page */

/** @param {Page} page @param {number} step Waits for a checkpoint after it. */
async function keptAfter(page, step) {
  const handle = await page.waitForFunction((step) => {
    const words = document.querySelector("#run-kept")?.textContent ?? "";
    const kept = Number(/step (\d+)/.exec(words)?.[1] ?? 0);
    return kept > step && document.documentElement.dataset.phase === "running" ? kept : null;
  }, step);
  return Number(await handle.jsonValue());
}

/** As a driver does that is reset. @param {Page} page */
const lose = (page) => page.evaluate(() => new BroadcastChannel("lose").postMessage("now"));

/** A run on a GPU that was lost twice. */
async function lostTwice() {
  const opened = await site.open({ device: "gpu", query: "checkpoints=0.05", losable: true });
  const { page } = opened;
  await begin(page, { epochs: 300, batch_size: 8 });
  await page.locator('#train[aria-disabled="false"]').click();
  const first = await keptAfter(page, 0);
  await lose(page);
  // It goes on by itself.
  const second = await keptAfter(page, first);
  await lose(page);
  await reads(page, "#continue-words", /The GPU was lost twice\. .*step \d+ of \d+/);
  await reads(page, "#continue-cpu", /^Continue on the CPU$/);
  await reads(page, "#continue", /^Try the GPU again$/);
  return { ...opened, second };
}

test(
  "after a second loss of the GPU the page asks, and starts again with half the batch",
  { timeout: PATIENCE },
  async () => {
    const { page, close } = await lostTwice();
    await isFine(page, "a GPU that was lost twice");
    await page.locator("#start-smaller").click();
    await reaches(page, "running");
    assert.equal(await page.locator("#recipe-batch-size").inputValue(), "4");
    // It computes: something of it is kept.
    await page.waitForFunction(() => /step [1-9]/.test(document.querySelector("#run-kept")?.textContent ?? ""));
    await close();
  },
);

test("a GPU that does not come back is told, and the run goes on on the CPU", { timeout: PATIENCE }, async () => {
  const { page, second, close } = await lostTwice();
  await page.evaluate(() => Object.assign(GPU.prototype, { requestAdapter: async () => null }));
  await page.locator("#continue").click();
  await reads(page, "#continue-words", /The GPU was lost, and the browser gives out none until it is started again\./);
  await reads(page, "#device-error", /Use the CPU until then\./);
  assert.equal(await page.locator("#start-smaller").isVisible(), false);
  await isFine(page, "a GPU that is gone");
  await page.locator("#continue-cpu").click();
  await keptAfter(page, second);
  await close();
});

test(
  "the screen stays on while a run is on and the page is seen, if the user wants it",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await site.open({ device: "cpu" });
    await page.evaluate(() => {
      /** @type {string[]} */
      const asked = [];
      const request = async (/** @type {string} */ type) => {
        asked.push(type);
        // The first run's is given, the second's refused.
        if (asked.includes("release")) throw new DOMException("The battery is low.", "NotAllowedError");
        return { released: false, release: async () => void asked.push("release") };
      };
      Object.defineProperty(navigator, "wakeLock", { value: { request } });
      Object.assign(globalThis, { asked });
    });
    const asked = () => page.evaluate(() => /** @type {any} */ (globalThis).asked);
    await begin(page, { epochs: 300 });
    await page.locator('#train[aria-disabled="false"]').click();
    await reaches(page, "running");
    assert.deepEqual(await asked(), [], "not unless it is wanted");
    await page.locator("#stay-awake").check();
    await page.waitForFunction(() => /** @type {any} */ (globalThis).asked.length === 1);
    await page.locator("#stop").click();
    await reaches(page, "trained");
    await page.waitForFunction(() => /** @type {any} */ (globalThis).asked.length === 2);
    assert.deepEqual(await asked(), ["screen", "release"]);
    // Who is refused is not asked again and again.
    await choose(page, { epochs: 40 });
    await train(page);
    assert.deepEqual(await asked(), ["screen", "release", "screen"]);
    assert.deepEqual(errors, []);
    await close();
  },
);
