// A table of a million rows, from the drop to training: read by the worker in pieces, in bounded memory, with a
// way to cancel, while the page's own thread has as much to do as with a small one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { choose, drop, reaches, reads } from "./user.mjs";

/** @typedef {{read: number, sent: number, long: {start: number, duration: number}[]}} Seen  Bytes, bytes, milliseconds. */

const ROWS = 1_000_000;
/** What the table of some hundred megabytes may take with its tokens, the model and all else. Bytes. */
const MOST_MEMORY = 700e6;
/**
 * What of the table may reach the page's own thread, a hundredth of it: rows to look at, progress, a run's numbers. It is
 * 65 kB, and the longer a machine takes the more progress it tells. Bytes.
 */
const MOST_SEEN = 1e6;

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/**
 * Counts, from the page's first script on, what its own thread gets to work on: bytes it reads of files and bytes that
 * workers send it. Long tasks are noted too, but only told: how long one takes, the machine says.
 */
function watch() {
  /** @type {Seen} */
  const seen = { read: 0, sent: 0, long: [] };
  Object.assign(globalThis, { seen });
  /** @param {unknown} value @returns {number} Bytes, about. */
  const weigh = (value) => {
    if (typeof value === "string") return 2 * value.length;
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
    if (typeof value !== "object" || value === null || value instanceof Blob) return 8;
    return Object.values(value).reduce((sum, part) => sum + weigh(part), 8);
  };
  for (const way of ["arrayBuffer", "bytes", "text", "stream"]) {
    const plain = /** @type {any} */ (Blob.prototype)[way];
    if (!plain) continue;
    Object.assign(Blob.prototype, {
      /** @this {Blob} */
      [way]() {
        seen.read += this.size;
        return plain.call(this);
      },
    });
  }
  // An older way to read, which nothing here takes; who does fails.
  globalThis.FileReader = /** @type {any} */ (undefined);
  globalThis.Worker = class extends Worker {
    /** @param {string|URL} address @param {WorkerOptions} [options] */
    constructor(address, options) {
      super(address, options);
      this.addEventListener("message", ({ data }) => (seen.sent += weigh(data)));
    }
  };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.long.push({ start: startTime, duration });
  }).observe({ type: "longtask", buffered: true });
}

/** @param {import("playwright-core").Page} page @returns {Promise<Seen>} */
function look(page) {
  return page.evaluate(() => structuredClone(/** @type {any} */ (globalThis).seen));
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
    return performance.now();
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
        const { default: load } = await import(`${origin}pkg/relaxed/tabtune.js`);
        return (await load()).memory.buffer.byteLength;
      }, site.origin),
    ),
  );
}

test(
  "a million rows are read and trained on, and none of them by the page itself",
  { timeout: PATIENCE },
  async (t) => {
    const { page, errors, close } = await site.open({ device: "cpu", first: watch, query: "checkpoints=2" });
    const now = () => page.evaluate(() => performance.now());
    await drop(page, [...modelFiles("tiny-bert")]);
    await drop(page, [file("small.csv", table(60))]);
    await reaches(page, "ready");
    const bytes = await make(page);
    assert.ok(bytes > 95e6, `${bytes} bytes`);
    // The instruments work: a worker sent what the page shows of the small table, and four bytes are read here.
    const without = await look(page);
    await page.evaluate(() => new Response(new Blob(["four"]).stream()).text());
    const before = await look(page);
    assert.ok(before.sent > 0, "no worker sent anything");
    assert.equal(before.read - without.read, 4);

    // Cancelled, and what was open stays.
    await dropMade(page);
    await page.locator("#table-cancel").click();
    await page.locator("#table-cancel").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#table-name").textContent(), "small.csv");

    const dropped = await dropMade(page);
    await page.locator("#table-progress").waitFor();
    await reads(page, "#table-name", /million\.csv/);
    await reads(page, "#table-format", /1,000,000 rows/);
    await page.locator('#train[aria-disabled="false"]').waitFor();
    const read = await now();
    await choose(page, {});
    await page.locator('#train[aria-disabled="false"]').click();
    await reads(page, "#run-kept", /up to step [1-9]/);
    const ended = await now();
    const seen = await look(page);
    const most = await memory(page);
    await page.locator("#stop").click();
    await reaches(page, "trained");
    const [first, trained] = [read, ended].map((at) => ((at - dropped) / 1000).toFixed(1));
    const taken = { read: seen.read - before.read, sent: seen.sent - before.sent };
    t.diagnostic(`read after ${first} s, in training with a checkpoint after ${trained} s; ${most} bytes of memory`);
    t.diagnostic(`the page read ${taken.read} bytes of files and was sent ${taken.sent}`);
    for (const { start, duration } of seen.long.filter(({ start }) => start >= dropped)) {
      t.diagnostic(
        `a task of ${duration.toFixed(0)} ms on the page's thread, ${((start - dropped) / 1000).toFixed(1)} s after the drop`,
      );
    }

    assert.ok(most < MOST_MEMORY, `${most} bytes of memory`);
    assert.ok(taken.read + taken.sent < MOST_SEEN, `the page read ${taken.read} bytes and was sent ${taken.sent}`);
    assert.deepEqual(errors, []);
    await close();
  },
);
