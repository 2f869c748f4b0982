// What a user does on the page and sees there, in the page's own ids.
import { readFileSync } from "node:fs";
import { file, modelFiles, table } from "./fixtures.mjs";

/** @typedef {import("playwright-core").Page} Page */

/**
 * Drops files anywhere on the page, as from a file manager.
 *
 * @param {Page} page
 * @param {import("./fixtures.mjs").Dropped[]} files
 */
export async function drop(page, files) {
  const given = files.map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") }));
  await page.evaluate((given) => {
    const dataTransfer = new DataTransfer();
    for (const { name, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name));
    }
    const event = { dataTransfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent("dragover", event));
    document.body.dispatchEvent(new DragEvent("drop", event));
  }, given);
}

/**
 * Waits until the page stands where it is expected to.
 *
 * @param {Page} page
 * @param {import("../../www/standing.js").Phase} phase
 */
export async function reaches(page, phase) {
  const handle = await page.waitForFunction((phase) => {
    const { dataset } = document.documentElement;
    if (dataset.phase === phase) return { died: "" };
    const notice = document.querySelector("#worker-error");
    return notice?.checkVisibility() ? { died: notice.textContent } : null;
  }, phase);
  const { died } = /** @type {{died: string}} */ (await handle.jsonValue());
  if (died) throw new Error(`waiting for "${phase}": ${died}`);
}

/**
 * Waits for a sentence in a place of the page and returns it.
 *
 * @param {Page} page
 * @param {string} place Selector.
 * @param {RegExp} words
 */
export async function reads(page, place, words) {
  const found = page.locator(place).filter({ hasText: words, visible: true });
  try {
    await found.waitFor({ timeout: 60_000 });
  } catch {
    const shown = await page.locator(place).textContent();
    throw new Error(`${place} should say ${words}, but says: ${shown}`);
  }
  return (await found.textContent()) ?? "";
}

/**
 * Fills in hyperparameters, named as in the recipe, over what the page picks for the model and the data: whatever is filled in
 * before that keeps the other fields at their defaults, and the run would depend on which came first.
 *
 * @param {Page} page
 * @param {Record<string, string | number>} values
 */
export async function choose(page, values) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  if (await page.evaluate(() => document.documentElement.dataset.phase === "ready")) {
    // Once the tokens are counted, which of many rows takes a while.
    await page
      .locator("#suggestion")
      .filter({ hasText: /^Picked/ })
      .waitFor();
  }
  // The page picks a method by itself; a test that does not care wants transformers' own class.
  for (const [name, value] of Object.entries({ method: "full", ...values })) {
    const field = page.locator(`#recipe-${name.replaceAll("_", "-")}`);
    const listed = await field.evaluate((field) => field instanceof HTMLSelectElement);
    await (listed ? field.selectOption(String(value)) : field.fill(String(value)));
  }
}

/**
 * Opens the tiny encoder and the table of fruits, and fills in hyperparameters.
 *
 * @param {Page} page
 * @param {Record<string, string | number>} recipe
 */
export async function begin(page, recipe) {
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await drop(page, [file("fruit.csv", table(24))]);
  await reaches(page, "ready");
  await choose(page, recipe);
}

/**
 * Presses Train and waits for the end.
 *
 * @param {Page} page
 */
export async function train(page) {
  await page.locator('#train[aria-disabled="false"]').click();
  await reaches(page, "trained");
}

/**
 * Presses a button that saves a file.
 *
 * @param {Page} page
 * @param {string} button Selector.
 * @returns {Promise<{name: string, bytes: Buffer}>}
 */
export async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/**
 * How many pixels of a chart have the colour of a line, named by its custom property.
 *
 * @param {Page} page
 * @param {string} chart Selector.
 * @param {string} property
 */
export async function pixels(page, chart, property) {
  return (await columns(page, chart, property)).length;
}

/**
 * The columns of a chart that these pixels are in, counted from the left, each as often as it has one.
 *
 * @param {Page} page
 * @param {string} chart Selector.
 * @param {string} property
 */
export function columns(page, chart, property) {
  return page.evaluate(
    ([chart, property]) => {
      const canvas = /** @type {HTMLCanvasElement | null} */ (document.querySelector(`${chart} canvas`));
      const drawn = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
      const brush = new OffscreenCanvas(1, 1).getContext("2d");
      if (!canvas || !drawn || !brush) return [];
      brush.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(property).trim();
      brush.fillRect(0, 0, 1, 1);
      const wanted = brush.getImageData(0, 0, 1, 1).data;
      const found = [];
      for (let i = 0; i < drawn.length; i += 4) {
        if ([0, 1, 2, 3].every((k) => Math.abs(drawn[i + k] - wanted[k]) < 8)) found.push((i / 4) % canvas.width);
      }
      return found;
    },
    [chart, property],
  );
}
