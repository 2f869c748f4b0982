// Several runs in the page, on the CPU: a grid from the form to the table, with what is wrong said beside its field, the
// best one in step 5, a run's settings taken back into the form, and the keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { unzipSync } from "fflate";
import { file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { choose, download, drop, pixels, reaches, reads, train } from "./user.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** Opens the page with an encoder and the table of fruits. */
async function ready() {
  const opened = await site.open({ device: "cpu" });
  await drop(opened.page, modelFiles("tiny-bert"));
  await reaches(opened.page, "model");
  await drop(opened.page, [file("fruit.csv", table(24))]);
  await reaches(opened.page, "ready");
  return opened;
}

/** A table that is wider than the window shows that at the edge where it is cut off, and only there. @param {Page} page */
async function fadesWhereItIsCut(page) {
  const box = page.locator(".scroll:has(#runs-table)");
  /** @param {number} share  How far it is scrolled. */
  const cutAt = (share) =>
    box.evaluate(async (box, share) => {
      box.scrollLeft = share * (box.scrollWidth - box.clientWidth);
      for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
      return ["::before", "::after"].map((side) => getComputedStyle(box, side).content !== "none");
    }, share);
  await page.setViewportSize({ width: 360, height: 900 });
  assert.deepEqual([await cutAt(0), await cutAt(0.5), await cutAt(1)], [[false, true], [true, true], [true, false]]); // prettier-ignore
  await page.setViewportSize({ width: 1400, height: 900 });
  assert.deepEqual(await cutAt(0), [false, false], "nothing is cut off");
}

/** What stands in a column of the table of runs, from the top. @param {Page} page @param {number} column From 0. */
function column(page, column) {
  return page.locator(`#runs-table tbody tr > :nth-child(${column + 1})`).allTextContents();
}

test(
  "a grid of four runs: asked for, followed, sorted, and the best one taken away",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await ready();
    assert.equal(await page.locator("#several-kind").isVisible(), false, "closed until it is wanted");
    await choose(page, { epochs: 2, metric: "loss", dropout: 0 });
    await page.locator("#several-kind").selectOption("grid");
    await reads(page, "#several-total", /^3 runs, one after the other\.$/);
    await page.locator("#several-0-values").fill("1e-9, 5");
    await reads(page, "#several-0-error", /Learning rate takes a number from 0 to 1/);
    await reads(page, "#train-obstacle", /Correct “Several runs” in step 3/);
    await page.locator("#several-add").click();
    await page.locator("#several-1-values").fill("1, 2");
    await isFine(page, "a grid with a mistake");
    await page.locator("#several-0-values").fill("1e-9, 0.003");
    await reads(page, "#several-total", /^4 runs/);
    await reads(page, "#train", /^Train 4 runs$/);
    await train(page);

    assert.equal(await page.locator("#runs-table tbody tr").count(), 4);
    assert.match((await column(page, 0))[0], /^\dbest$/);
    const losses = (await column(page, 1)).map(Number);
    const ascending = losses.toSorted((a, b) => a - b);
    assert.deepEqual(losses, ascending, "the best first");
    const [rate] = await column(page, 2);
    await page.locator('#runs-table th[data-key="trial"] button').click();
    assert.deepEqual((await column(page, 0)).map(parseFloat), [1, 2, 3, 4]);
    await page.locator('#runs-table th[data-key="trial"] button').click();
    assert.equal(await page.locator('#runs-table th[data-key="trial"]').getAttribute("aria-sort"), "descending");
    assert.deepEqual((await column(page, 0)).map(parseFloat), [4, 3, 2, 1]);
    assert.ok((await pixels(page, "#runs-chart", "--chart-validation")) > 20, "the best run's curve is drawn");
    await reads(
      page,
      "#run-sentence",
      new RegExp(`^The best of 4 runs is run \\d, with learning rate ${rate} and epochs \\d\\.`),
    );
    await reads(page, "#run-which", /^The best run: run \d$/);
    await isFine(page, "a grid that is over");
    await fadesWhereItIsCut(page);
    await page.setViewportSize({ width: 1400, height: 900 });
    const beyond = await page.locator(".scroll:has(#runs-table)").evaluate((box) => box.scrollWidth - box.clientWidth);
    assert.equal(beyond, 0, "two hyperparameters fit beside what is done with a run");

    const csv = (await download(page, "#runs-csv")).bytes.toString();
    assert.match(csv, /^run,learning_rate,epochs,loss,best_epoch,seconds,state,best,mistake\r\n1,1e-9,1,/);
    const zip = unzipSync((await download(page, "#download-zip")).bytes);
    const report = JSON.parse(new TextDecoder().decode(zip["training_report.json"]));
    assert.equal(report.recipe.learning_rate, Number(rate));
    assert.equal(report.search.runs.length, 4);
    await page.locator("#try-text").fill("the pear is good");
    await page.locator("#try-send").click();
    await reads(page, "#prediction", /%/);

    await page.getByRole("button", { name: "Use these hyperparameters: run 1" }).click();
    assert.equal(await page.locator("#recipe-learning-rate").inputValue(), "1e-9");
    assert.equal(await page.locator("#recipe-epochs").inputValue(), "1");
    assert.equal(await page.locator("#several-kind").inputValue(), "one");
    await reads(page, "#runs-used", /^Run 1’s values are in step 3, for one run\. Go to step 3$/);
    assert.equal(await page.locator("#runs-used a").getAttribute("href"), "#recipe");
    await isFine(page, "with the values of a run");
    // Another ten times as long: the page says so, by how long the best run took.
    await choose(page, { epochs: 300 });
    await page.locator("#several-kind").selectOption("seeds");
    await reads(
      page,
      "#several-total",
      /^3 runs, one after the other\. At the speed of the last run that takes about \d/,
    );
    await reads(page, "#python-which", /^It makes one run, with the values in the fields above: Seed 0\./);
    assert.deepEqual(errors, []);
    await close();
  },
);

test("several seeds by the keyboard, stopped before the end", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await choose(page, { epochs: 300, learning_rate: 0.003 });
  await page.locator("#several-kind").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("1");
  await reads(page, "#several-seeds-error", /from 2 to 256/);
  await page.keyboard.press("Control+A");
  await page.keyboard.type("200");
  await reads(page, "#several-total", /^200 runs/);
  await page.locator('#train[aria-disabled="false"]').focus();
  await page.keyboard.press("Enter");
  await reads(page, "#run .progress", /Run 1 of 200\./);
  // What it reached so far stands in its row before it is over.
  await page
    .locator("#runs-table tbody tr:first-child")
    .filter({ hasText: /^1\d+\.\d.%.*Running/ })
    .waitFor();
  await page.locator("#pause").click();
  await reaches(page, "paused");
  await isFine(page, "a search that is paused");
  await page.locator("#resume").click();
  await page.locator("#stop").click();
  await reaches(page, "trained");
  await reads(page, "#run-sentence", /^Stopped in run \d+ of 200\./);
  await reads(page, "#final-accuracy", /%/);
  assert.deepEqual(errors, []);
  await close();
});

test("random draws, with the seed that is written", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await choose(page, { epochs: 1 });
  await page.locator("#several-kind").selectOption("grid");
  assert.equal(await page.locator("#several-seed").isVisible(), false, "a grid draws nothing");
  await page.locator("#several-kind").selectOption("random");
  assert.equal(await page.locator("#several-seed").inputValue(), "0");
  await page.locator("#several-draws").fill("2");
  await page.locator("#several-seed").fill("seven");
  await reads(page, "#several-seed-error", /^A whole number from 0 to 9007199254740991\.$/);
  await reads(page, "#train-obstacle", /Correct “Several runs” in step 3/);
  await page.locator("#several-seed").fill("7");
  await reads(page, "#several-total", /^2 runs/);
  await isFine(page, "random draws");
  await train(page);
  const zip = unzipSync((await download(page, "#download-zip")).bytes);
  const { search } = JSON.parse(new TextDecoder().decode(zip["training_report.json"]));
  assert.equal(search.plan.seed, 7);
  assert.equal(search.runs.length, 2);
  assert.deepEqual(errors, []);
  await close();
});

test("without validation rows several runs are refused in words", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await choose(page, { epochs: 1 });
  await page.locator("#map-share").fill("0");
  await page.locator("#map-share").blur();
  await page.locator("#several-kind").selectOption("random");
  await reads(page, "#several-error", /compared on validation rows, and there are none/);
  await page.locator("#several-kind").selectOption("one");
  await train(page);
  assert.equal(await page.locator("#runs-table").isVisible(), false);
  assert.deepEqual(errors, []);
  await close();
});
