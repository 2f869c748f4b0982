// Everyone can use the page: the keyboard alone gets from an empty page to a prediction, and axe finds nothing to
// mend in any state, light or dark, wide or narrow.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { choose, drop, reaches, reads, train } from "./user.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

test("axe finds nothing in any state", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await isFine(page, "empty");
  await drop(page, [file("broken.csv", "")]);
  await reads(page, "#data-error", /empty/i);
  await isFine(page, "a file that cannot be read");
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await drop(page, [file("fruit.csv", table(24))]);
  await reaches(page, "ready");
  await choose(page, { epochs: 0 });
  await isFine(page, "ready, with a bad value");
  // More than the model has positions for: said where it is written, before Train is pressed.
  await choose(page, { epochs: 1, max_length: 5000 });
  await reads(page, "#recipe-max-length-error", /from 3 to 64 tokens, or nothing\. The open model has positions/);
  await reads(page, "#suggestion-changes", /^You changed Method: .*Epochs: 20 → 1.*Maximum length: automatic → 5000/);
  await isFine(page, "ready, with a length that the model does not take");
  await choose(page, { epochs: 1, max_length: "" });
  await train(page);
  await page.locator("#try-text").fill("the pear is good");
  await page.locator("#try-send").click();
  await reads(page, "#prediction", /%/);
  await isFine(page, "trained");
  await keepsItsColours(page);
  await page.reload();
  await page.locator("#again").waitFor();
  await page.locator("#projects-summary").click();
  await isFine(page, "work of an earlier visit");
  assert.deepEqual(errors, []);
  await close();
});

/** What is known by its colour has it also where people choose their own colours. @param {Page} page */
async function keepsItsColours(page) {
  const drawn = () =>
    page.evaluate(() =>
      [
        "#class-counts .stripe.train",
        "figure:has(#loss-chart) .swatch.line",
        "#confusion .right",
        "#prediction .stripe",
      ].map((place) => {
        const found = /** @type {Element} */ (document.querySelector(place));
        return getComputedStyle(found).backgroundColor;
      }),
    );
  await page.emulateMedia({ colorScheme: "dark", forcedColors: "none" });
  const chosen = await drawn();
  await page.emulateMedia({ colorScheme: "dark", forcedColors: "active" });
  assert.deepEqual(await drawn(), chosen);
  await page.emulateMedia({ forcedColors: "none" });
}

test("no notice hides the heading that the rail leads to", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await page.setViewportSize({ width: 390, height: 700 });
  for (const notice of ["#going-on", ".notice:has(#worker-error)"]) {
    // As tall as any.
    await page.locator(notice).evaluate((notice) => {
      notice.removeAttribute("hidden");
      notice.append("words ".repeat(300));
      document.documentElement.style.scrollBehavior = "auto";
    });
    await page.locator('.rail a[href="#recipe"]').click();
    const seen = await page.locator("#recipe-title").evaluate((heading) => {
      const { left, top } = heading.getBoundingClientRect();
      return document.elementFromPoint(left + 4, top + 4)?.id;
    });
    assert.equal(seen, "recipe-title", notice);
    await page.locator(notice).evaluate((notice) => notice.remove());
  }
  assert.deepEqual(errors, []);
  await close();
});

/**
 * Presses Tab until an element has the focus.
 *
 * @param {Page} page
 * @param {string} place Selector.
 */
async function tabTo(page, place) {
  for (let pressed = 0; pressed < 120; pressed += 1) {
    if (await page.evaluate((place) => document.activeElement?.matches(place) ?? false, place)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${place}`);
}

/** What has the focus. @param {Page} page */
function focused(page) {
  return page.evaluate(() => document.activeElement?.id);
}

test("the focus stays with what was pressed, also while that can do nothing", { timeout: PATIENCE }, async () => {
  const { page, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await tabTo(page, "#load-example");
  await page.keyboard.press("Enter");
  await reaches(page, "ready");
  assert.equal(await focused(page), "load-example");
  await page.locator("#other-model > summary").click();
  await page.locator("#hub-name").fill("owner/name");
  await tabTo(page, "#hub-download");
  await page.keyboard.press("Enter");
  // No network here: all that can be waited for is that it ends.
  await reads(page, "#model-error", /owner\/name/);
  assert.equal(await focused(page), "hub-download");
  await tabTo(page, "#model-default");
  await page.keyboard.press("Enter");
  await page.locator("#model-default").waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.activeElement?.matches("#other-model > summary"));
  await close();
});

/** Once a button can be pressed again, the focus is there. @param {Page} page @param {string} button Selector. */
async function keepsFocus(page, button) {
  await page.locator(`${button}:not(:disabled, [aria-disabled="true"])`).waitFor();
  assert.equal(await page.evaluate((button) => document.activeElement?.matches(button), button), true, button);
}

test("the keyboard alone is enough", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await tabTo(page, "#load-example");
  await page.keyboard.press("Enter");
  await reaches(page, "ready");
  await tabTo(page, "#recipe-epochs");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("1");
  await tabTo(page, "#train");
  await page.keyboard.press("Enter");
  await reaches(page, "trained");
  await tabTo(page, "#try-text");
  await page.keyboard.type("Where is my parcel?");
  await tabTo(page, "#try-send");
  await page.keyboard.press("Enter");
  await reads(page, "#prediction", /%/);
  await keepsFocus(page, "#try-send");
  for (const button of ["#download-zip", "#download-onnx"]) {
    await page.locator(button).focus();
    const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    await file.path();
    await keepsFocus(page, button);
  }
  assert.deepEqual(errors, []);
  await close();
});
