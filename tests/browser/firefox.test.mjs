// The main job in Firefox, whose storage and threads are not Chromium's: from an encoder and a table to a model that is there
// again after a reload. All other tests of the page run in Chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { unzipSync } from "fflate";
import { firefox } from "playwright-core";
import { serve } from "../../tools/serve.mjs";
import { FIXTURES, file, modelFiles, safetensorsHeader, table } from "./fixtures.mjs";
import { PATIENCE } from "./harness.mjs";
import { drop, reaches, reads } from "./user.mjs";

const { FIREFOX } = process.env;
const skip = !FIREFOX && "no Firefox was found; FIREFOX=path names one";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  if (!FIREFOX) return;
  // The channel of a Firefox as Mozilla makes it. Nothing of its own window is to take the focus from the page.
  const firefoxUserPrefs = { "browser.download.alwaysOpenPanel": false };
  browser = await firefox.launch({
    channel: "moz-firefox",
    executablePath: FIREFOX,
    firefoxUserPrefs,
  });
});
after(() => browser?.close());

/** Opens the page, in which nothing but the tiny encoder is to be loaded. @param {string} url */
async function visit(url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
  page.on("console", (line) => {
    if (line.type() === "error") errors.push(line.text());
  });
  await page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
  await page.goto(`${url}?device=cpu`);
  return { page, errors };
}

/** Opens the tiny encoder and a table, and trains two epochs. @param {import("./user.mjs").Page} page */
async function run(page) {
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await drop(page, [file("fruit.csv", table(24))]);
  await reaches(page, "ready");
  await reads(page, "#suggestion", /^Picked/);
  await page.locator("#recipe-method").selectOption("full");
  for (const [name, value] of Object.entries({ epochs: "2", "learning-rate": "0.003" })) {
    const field = page.locator(`#recipe-${name}`);
    await field.fill("");
    await field.pressSequentially(value);
    await field.blur();
  }
  await page.locator('#train[aria-disabled="false"]').click();
  await reaches(page, "trained");
  assert.equal(await page.locator("#epochs tbody tr").count(), 2);
}

/** What the model says of a text, and how sure it is. @param {import("./user.mjs").Page} page */
async function tried(page) {
  await page.locator("#try-text").fill("the pear is good");
  await page.locator("#try-send").click();
  return reads(page, "#prediction", /the pear is good.*%/su);
}

/**
 * Presses a button that saves a file. Playwright is not told of this browser's downloads: the page is asked what it handed over.
 *
 * @param {import("./user.mjs").Page} page @param {string} button Selector.
 */
async function saved(page, button) {
  await page.evaluate(() => {
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      Object.assign(window, { handed: blob });
      return createObjectURL(blob);
    };
  });
  await page.locator(button).click();
  await reads(page, "#download-status", /was handed to your browser/);
  const given = await page.evaluate(async () => {
    const bytes = new Uint8Array(await /** @type {any} */ (window).handed.arrayBuffer());
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  });
  return Buffer.from(given, "latin1");
}

/** @param {import("./user.mjs").Page} page */
async function computesOnAllCores(page) {
  const cores = await page.evaluate(() => Math.min(navigator.hardwareConcurrency, 16));
  await reads(page, "#device-sentence", cores === 1 ? /on 1 thread\./ : new RegExp(`on ${cores} threads\\.`));
}

test(
  "Firefox: trained on all cores, tried, downloaded, and there after a reload",
  { timeout: PATIENCE, skip },
  async () => {
    const server = await serve(0);
    const { page, errors } = await visit(server.url);
    await run(page);
    await computesOnAllCores(page);
    const accuracy = await reads(page, "#final-accuracy", /%/);
    const prediction = await tried(page);

    const files = unzipSync(await saved(page, "#download-zip"));
    const { recipe, result } = JSON.parse(new TextDecoder().decode(files["training_report.json"]));
    assert.equal(recipe.epochs, 2);
    assert.ok(accuracy.includes((100 * result.metrics.accuracy).toFixed(1)), accuracy);
    const reference = safetensorsHeader(readFileSync(FIXTURES + "tiny-classifier/model.safetensors"));
    const weights = safetensorsHeader(files["model.safetensors"]);
    assert.deepEqual(Object.keys(weights).sort(), Object.keys(reference).sort());

    // Firefox takes a second or two to write down what Chromium writes in a moment.
    await page.locator("#projects > summary").click();
    await reads(page, "#project-list", /1 run, [\d.]+\s% accuracy/u);
    await page.reload();
    await page.locator("#projects > summary").click();
    await page
      .locator("#project-list")
      .getByRole("button", { name: /^Open fruit/ })
      .click();
    await reaches(page, "trained");
    assert.equal(await reads(page, "#final-accuracy", /%/), accuracy);
    assert.equal(await tried(page), prediction);
    assert.deepEqual(errors, []);
    await page.close();
    await server.close();
  },
);
