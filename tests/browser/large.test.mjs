// A table of a million rows, from the drop to training: read by the worker in pieces while the page stays responsive, in
// bounded memory, with a way to cancel.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { choose, drop, reaches, reads } from "./user.mjs";

/** @typedef {{start: number, end: number}} Span  Milliseconds since 1970. */

const ROWS = 1_000_000;
/** A main-thread task beyond this is felt. Milliseconds; browsers report no shorter ones. */
const LONGEST_TASK = 50;
/** So late a timer of a page that does nothing fires only where the machine itself stalls. Milliseconds. */
const STALL = 25;
/** A task whose thread had a processor for less than this share of its time waited for others of the machine. */
const OWN_SHARE = 0.5;
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

/**
 * Records how long the processor worked on each task of the page's main thread.
 *
 * @param {import("playwright-core").Page} page
 * @returns {Promise<() => Promise<(task: Span) => number>>} Ends the record; milliseconds of computing within a long task.
 */
async function record(page) {
  const browser = /** @type {import("playwright-core").Browser} */ (page.context().browser());
  const session = await browser.newBrowserCDPSession();
  /** @type {any[]} */
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const traceConfig = { includedCategories: ["toplevel", "blink.user_timing"] };
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  // The record has a clock of its own.
  const marked = await page.evaluate(() => performance.timeOrigin + performance.mark("clock").startTime);
  return async () => {
    const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await complete;
    const mark = events.find(({ name }) => name === "clock");
    const own = events.filter(({ pid, tid, ph }) => pid === mark.pid && tid === mark.tid && ph === "X");
    return ({ start, end }) => {
      const middle = mark.ts + ((start + end) / 2 - marked) * 1000;
      const around = own.filter(({ ts, dur, tdur }) => ts <= middle && ts + dur >= middle && tdur !== undefined);
      // What the record does not know counts in full.
      const known = around.some(({ dur }) => dur / 1000 > (end - start) / 2);
      return known ? Math.max(...around.map(({ tdur }) => tdur / 1000)) : end - start;
    };
  };
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

  const stopRecord = await record(page);

  // Cancelled, and what was open stays.
  const dropped = await dropMade(page);
  await page.locator("#table-cancel").click();
  await page.locator("#table-cancel").waitFor({ state: "hidden" });
  assert.equal(await page.locator("#table-name").textContent(), "small.csv");

  await dropMade(page);
  await page.locator("#table-progress").waitFor();
  await reads(page, "#table-name", /million\.csv/);
  await reads(page, "#table-format", /1,000,000 rows/);
  await page.locator('#train[aria-disabled="false"]').waitFor();
  const read = Date.now();
  await choose(page, {});
  await page.locator('#train[aria-disabled="false"]').click();
  await reads(page, "#run-kept", /up to step [1-9]/);
  const ended = await page.evaluate(() => performance.timeOrigin + performance.now());
  const computing = await stopRecord();
  const most = await memory(page);
  await page.locator("#stop").click();
  await reaches(page, "trained");
  const seconds = [read, ended].map((at) => ((at - dropped) / 1000).toFixed(1));
  t.diagnostic(
    `read after ${seconds[0]} s, in training with a checkpoint after ${seconds[1]} s; ${most} bytes of memory`,
  );
  assert.ok(most < MOST_MEMORY, `${most} bytes of memory`);

  /** @type {Span[]} */
  const stalls = await idle.evaluate(() => /** @type {any} */ (globalThis).stalls);
  /** @type {Span[]} */
  const all = await page.evaluate(() => /** @type {any} */ (globalThis).longTasks);
  const long = all.filter(({ start, end }) => start >= dropped && start <= ended && end - start > LONGEST_TASK);
  const tasks = long.map((task) => {
    const { start, end } = task;
    const [took, own] = [end - start, computing(task)];
    const stalled = stalls.some((stall) => stall.start < end && stall.end > start);
    const words = `${took.toFixed(0)} ms, ${own.toFixed(0)} of them computing, after ${((start - dropped) / 1000).toFixed(1)} s`;
    return { words, left: stalled || own < OWN_SHARE * took };
  });
  // What the machine did to the page says nothing of the page; but it is said.
  for (const { words } of tasks.filter(({ left }) => left)) t.diagnostic(`left out, as the machine stalled: ${words}`);
  assert.deepEqual(
    tasks.filter(({ left }) => !left).map(({ words }) => words),
    [],
  );
  assert.deepEqual(errors, []);
  await close();
});
