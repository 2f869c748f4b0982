// A table of a million rows, from the drop to training: read by the worker in pieces while the page stays responsive, in
// bounded memory, with a way to cancel.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { drop, reaches, reads } from "./user.mjs";

/** @typedef {{start: number, end: number}} Span  Milliseconds since 1970. */

const ROWS = 1_000_000;
/** A main-thread task beyond this is felt. Milliseconds; browsers report no shorter ones. */
const LONGEST_TASK = 50;
/** So late a timer of a page that does nothing fires only where the machine itself stalls. Milliseconds. */
const STALL = 25;
/** What the table of some hundred megabytes may take with its tokens, the model and all else. Bytes. */
const MOST_MEMORY = 700e6;

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** Notes every long task of the page from its first script on. */
function watchTasks() {
  const page = /** @type {any} */ (globalThis);
  page.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      const start = performance.timeOrigin + startTime;
      page.longTasks.push({ start, end: start + duration });
    }
  }).observe({ type: "longtask", buffered: true });
}

/** Notes when the timer of a page that does nothing else fires late. @param {number} stall */
function watchStalls(stall) {
  const page = /** @type {any} */ (globalThis);
  page.stalls = [];
  const wait = 5;
  let last = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - last - wait > stall) page.stalls.push({ start: last, end: now });
    last = now;
  }, wait);
}

/** Puts a file of a million rows on the page, to be dropped. @param {import("playwright-core").Page} page */
function make(page) {
  return page.evaluate((rows) => {
    const fruits = ["pear", "apple", "quince"];
    const parts = [];
    let part = "id,text,label,split\n";
    for (let row = 0; row < rows; row += 1) {
      const fruit = fruits[row % 3];
      const side = row % 1000 === 999 ? "validation" : "train";
      part += `${row},the ${fruit} is good and ripe and we like the ${fruit} very much with ${row * 7} of it,${fruit},${side}\n`;
      if (part.length > 1e6) {
        parts.push(new Blob([part]));
        part = "";
      }
    }
    const made = new File([...parts, part], "million.csv");
    /** @type {any} */ (globalThis).made = made;
    return made.size;
  }, ROWS);
}

/** @param {import("playwright-core").Page} page @returns {Promise<number>} When it was dropped. */
function dropMade(page) {
  return page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(/** @type {any} */ (globalThis).made);
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    return performance.timeOrigin + performance.now();
  });
}

/**
 * Bytes of the engine's memory: loading a module again gives the one that runs. The engine's threads never answer.
 *
 * @param {import("playwright-core").Page} page
 */
function memory(page) {
  return Promise.any(
    page.workers().map((worker) =>
      worker.evaluate(async (origin) => {
        if (self.name === "tabtune-keeper") throw new Error("another worker");
        const { default: load } = await import(`${origin}pkg/threads/tabtune.js`);
        return (await load()).memory.buffer.byteLength;
      }, site.origin),
    ),
  );
}

test("a million rows are read and trained on, and the page stays responsive", { timeout: PATIENCE }, async (t) => {
  const { page, errors, close } = await site.open({ device: "cpu", first: watchTasks, query: "checkpoints=2" });
  const idle = await page.context().newPage();
  await idle.evaluate(watchStalls, STALL);
  await page.bringToFront();
  await drop(page, [...modelFiles("tiny-bert")]);
  await drop(page, [file("small.csv", table(60))]);
  await reaches(page, "ready");
  const bytes = await make(page);
  assert.ok(bytes > 95e6, `${bytes} bytes`);

  // Cancelled, and what was open stays.
  const dropped = await dropMade(page);
  await page.locator("#table-cancel").click();
  await page.locator("#table-cancel").waitFor({ state: "hidden" });
  assert.equal(await page.locator("#table-name").textContent(), "small.csv");

  await dropMade(page);
  await page.locator("#table-progress").waitFor();
  await reads(page, "#table-name", /million\.csv/);
  await reads(page, "#table-format", /1,000,000 rows/);
  await page.locator('#train[aria-disabled="false"]').click();
  await reaches(page, "running");
  await reads(page, "#run-kept", /up to step [1-9]/);
  const ended = await page.evaluate(() => performance.timeOrigin + performance.now());
  const most = await memory(page);
  await page.locator("#stop").click();
  await reaches(page, "trained");
  t.diagnostic(`${Math.round(ended - dropped)} ms from the first drop to the first checkpoint; ${most} bytes of memory`);
  assert.ok(most > 0 && most < MOST_MEMORY, `${most} bytes of memory`);

  /** @type {Span[]} */
  const stalls = await idle.evaluate(() => /** @type {any} */ (globalThis).stalls);
  /** @type {Span[]} */
  const all = await page.evaluate(() => /** @type {any} */ (globalThis).longTasks);
  const tasks = all.filter(({ start, end }) => start >= dropped && start <= ended && end - start > LONGEST_TASK);
  const stalled = tasks.filter((task) => stalls.some((stall) => stall.start < task.end && stall.end > task.start));
  const told = tasks.map(({ start, end }) => `${Math.round(end - start)} ms at ${Math.round(start - dropped)}`);
  t.diagnostic(`long tasks: ${told.join(", ") || "none"}; ${stalled.length} of them while the whole machine stalled`);
  assert.deepEqual(told.filter((_, at) => !stalled.includes(tasks[at])), []);
  assert.deepEqual(errors, []);
  await close();
});
