// A built page without a network: kept after the first visit, isolated even where its host sends no headers, and replaced
// by a new edition only when the user takes it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { describe } from "../../tools/offline.mjs";
import { serve } from "../../tools/serve.mjs";
import { builtSite } from "./built.mjs";
import { PATIENCE, QUIET } from "./harness.mjs";
import { begin, download, reads, train } from "./user.mjs";

/** @type {string} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  site = builtSite();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
});
after(async () => {
  await browser.close();
  rmSync(site, { recursive: true });
});

/** @param {import("playwright-core").BrowserContext} context @param {string} url */
async function visit(context, url) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
  await page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
  await page.goto(`${url}?device=cpu`);
  return { page, errors };
}

/** As the page does while it trains. @param {import("playwright-core").Page} page @param {string} url @param {boolean} training */
async function hold(page, url, training) {
  await page.evaluate(async ({ url, training }) => (await import(`${url}offline.js`)).holdOff(training), {
    url,
    training,
  });
}

test(
  "after one visit all of it works without a network, with threads where the host sends no headers",
  { timeout: PATIENCE },
  async () => {
    const server = await serve(0, site, {});
    const context = await browser.newContext({ acceptDownloads: true });
    const first = await visit(context, server.url);
    await reads(first.page, "#kept", /works without a network/);
    await reads(first.page, "#device-sentence", /not isolated.*Load it again/);
    await first.page.close();
    await server.close();

    const { page, errors } = await visit(context, server.url);
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    await reads(page, "#device-sentence", /thread/);
    await begin(page, { method: "full", epochs: 1, batch_size: 8 });
    await train(page);
    await reads(page, "#final-accuracy", /%/);
    assert.ok((await download(page, "#download-zip")).bytes.length > 10_000);
    assert.deepEqual(errors, []);
    await context.close();
  },
);

test("what the page still reads of its encoder when all else is kept is kept, too", { timeout: PATIENCE }, async () => {
  const weights = "pkg/models/slow.safetensors";
  mkdirSync(join(site, "pkg", "models"), { recursive: true });
  writeFileSync(join(site, weights), "weights");
  const server = await serve(0, site);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const held = new Promise((resolve) => {
    // Asked for before there is a service worker, and answered after it has kept the page.
    void page.route(`**/${weights}`, (route) => resolve(() => route.fulfill({ body: "weights" })));
  });
  await page.addInitScript((weights) => {
    Object.defineProperty(navigator, "connection", { value: { saveData: true } });
    void fetch(`./${weights}`).then((response) => response.text());
  }, weights);
  await page.goto(server.url);
  await reads(page, "#kept", /works without a network/);
  assert.equal(await page.evaluate(async (weights) => Boolean(await caches.match(weights)), weights), false);
  const answer = /** @type {() => Promise<void>} */ (await held);
  await answer();
  await page.evaluate(async (weights) => {
    while (!(await caches.match(weights))) await new Promise(requestAnimationFrame);
  }, weights);
  await context.close();
  await server.close();
});

test("a new edition waits for the user, and for other tabs that train", { timeout: PATIENCE }, async () => {
  const server = await serve(0, site);
  const context = await browser.newContext();
  const { page } = await visit(context, server.url);
  await reads(page, "#kept", /works without a network/);
  assert.equal(await page.locator("#edition").isVisible(), false);

  const words = readFileSync(join(site, "index.html"), "utf8");
  const before = describe(site);
  try {
    writeFileSync(join(site, "index.html"), words.replace("<title>Tabtune", "<title>Tabtune 2"));
    assert.notEqual(describe(site), before, "other files are another edition");
    const other = await visit(context, server.url);
    assert.equal(await other.page.locator("h1").isVisible(), true);
    await reads(other.page, "#edition-words", /new edition of this page is here/);
    // A tab that trains holds it off.
    await hold(page, server.url, true);
    await other.page.locator("#edition-take").click();
    await reads(other.page, "#edition-words", /Another tab with this page is training/);
    await hold(page, server.url, false);
    const loaded = other.page.waitForEvent("load");
    await other.page.locator("#edition-take").click();
    await loaded;
    assert.match(await (await context.request.get(server.url)).text(), /Tabtune 2/);
    assert.match(await other.page.evaluate(() => fetch("./index.html").then((answer) => answer.text())), /Tabtune 2/);
  } finally {
    writeFileSync(join(site, "index.html"), words);
    describe(site);
    await context.close();
    await server.close();
  }
});
