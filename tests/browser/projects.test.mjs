// Nothing is lost: work is kept by itself, a run that is cut short goes on to the losses that it would have had, and projects
// can be renamed, deleted, taken away and brought back. One file, since each starts a browser and a server of its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { strToU8, unzipSync, zipSync } from "fflate";
import { file, modelFiles, table, workbook } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { begin, download, drop, reaches, reads, train } from "./user.mjs";

/** Long enough to be cut short on a fast machine, short enough to be run to its end on a slow one. */
const LONG = { epochs: 300, learning_rate: 0.003 };

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** @typedef {import("playwright-core").Page} Page */

/** A page with a model and a table, that keeps its runs as often as may be. @param {Record<string, string|number>} recipe */
async function ready(recipe = LONG) {
  const opened = await site.open({ device: "cpu", query: "checkpoints=0.05" });
  await begin(opened.page, recipe);
  return opened;
}

/** What a run came to: every epoch with its losses and scores, and the weights. @param {Page} page */
async function outcome(page) {
  const rows = await page
    .locator("#epochs tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].slice(0, -1).map((cell) => cell.textContent)));
  const weights = await download(page, "#download-weights");
  return { rows, weights: weights.bytes };
}

/** Starts a run and waits until a checkpoint of it is kept. @param {Page} page */
async function runUntilKept(page) {
  await page.locator('#train[aria-disabled="false"]').click();
  await reads(page, "#run-kept", /up to step [1-9]/);
}

/** The epochs and weights of a run that nothing disturbs, which one test makes for all. @type {Promise<Awaited<ReturnType<typeof outcome>>>|null} */
let undisturbed = null;
function whole() {
  undisturbed ??= (async () => {
    const { page, close } = await ready();
    await train(page);
    const found = await outcome(page);
    await close();
    return found;
  })();
  return undisturbed;
}

/** @param {Page} page @param {string} name The beginning of a button's words. */
const inList = (page, name) => page.locator("#project-list").getByRole("button", { name });

/** @param {Page} page */
async function openList(page) {
  await page.evaluate(() => {
    const list = /** @type {HTMLDetailsElement} */ (document.querySelector("#projects"));
    list.open = true;
  });
}

/** Leaves the page in the middle of a run, past the question whether to. @param {Page} page */
async function reload(page) {
  /** @type {string[]} */
  const asked = [];
  const answer = (/** @type {import("playwright-core").Dialog} */ dialog) => {
    asked.push(dialog.type());
    dialog.accept();
  };
  page.on("dialog", answer);
  await page.reload();
  page.off("dialog", answer);
  return asked;
}

test("a run that a reload cuts short goes on to the same losses and weights", { timeout: PATIENCE }, async () => {
  const expected = await whole();
  const { page, errors, close } = await ready();
  await runUntilKept(page);
  const asked = await reload(page);
  assert.deepEqual(asked, ["beforeunload"], "closing the page during a run asks first");
  const words = await reads(page, "#continue-words", /fruit\.csv, .*, step \d+ of \d+, saved just now/);
  assert.ok(Number(words.match(/step (\d+)/)?.[1]) > 0, words);
  await page.locator("#continue").click();
  await reaches(page, "trained");
  const found = await outcome(page);
  assert.deepEqual(found.rows, expected.rows);
  assert.ok(found.weights.equals(expected.weights), "the weights are the same");
  await reads(page, "#projects-summary", /1 project/);
  assert.equal(await page.locator("#going-on").isVisible(), false);
  assert.deepEqual(errors, []);
  await close();
});

test("a project knows which sheet of its workbook was chosen", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  const rows = (/** @type {number} */ count) =>
    table(count)
      .trimEnd()
      .split("\n")
      .map((line) => line.replaceAll('"', "").split(/,(?=\w+$)/));
  await drop(page, modelFiles("tiny-bert"));
  await drop(page, [workbook("fruit.xlsx", { May: rows(24), June: rows(30) })]);
  await reads(page, "#table-format", /Excel, sheet 1 of 2, header · 24 rows/);
  await page.locator("#table-worksheet").selectOption("June");
  await reads(page, "#data", /27 rows to train on, 3 rows to validate with/);
  await openList(page);
  await reads(page, "#project-list", /fruit, June/);
  await page.reload();
  await openList(page);
  await inList(page, "Open fruit, June").click();
  await reads(page, "#table-format", /Excel, sheet 2 of 2, header · 30 rows/);
  assert.equal(await page.locator("#table-worksheet").inputValue(), "June");
  assert.deepEqual(errors, []);
  await close();
});

/** A grid of two rates, of which the first is the best. @param {Page} page */
async function chooseGrid(page) {
  await page.locator("#several-kind").selectOption("grid");
  await page.locator("#several-0-values").fill("0.003, 1e-7");
  await reads(page, "#several-total", /^2 runs/);
}

/** The table of runs, but for how long they took. @param {Page} page */
function runsTable(page) {
  return page
    .locator("#runs-table tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent)));
}

test("several runs that a reload cuts short come to the same table and model", { timeout: PATIENCE }, async () => {
  // The second run is to last for several of the two seconds or so that storage takes for a checkpoint.
  const recipe = { ...LONG, epochs: 1000, metric: "loss" };
  const calm = await ready(recipe);
  await chooseGrid(calm.page);
  await train(calm.page);
  const expected = { table: await runsTable(calm.page), ...(await outcome(calm.page)) };
  await calm.close();

  const { page, errors, close } = await ready(recipe);
  await chooseGrid(page);
  await page.locator('#train[aria-disabled="false"]').click();
  await reads(page, "#run-kept", /up to run 2, step [1-9]/);
  await reload(page);
  await reads(page, "#continue-words", /run 2 of 2, step \d+ of \d+/);
  await page.locator("#continue").click();
  await reads(page, "#run-status", /^Run 1 of 2 again, since its weights were lost/);
  await reaches(page, "trained");
  const found = { table: await runsTable(page), ...(await outcome(page)) };
  assert.deepEqual(found.table, expected.table);
  assert.deepEqual(found.rows, expected.rows);
  assert.ok(found.weights.equals(expected.weights), "the weights are the same");
  // What is kept of them has the table, too.
  await openList(page);
  await reads(page, "#project-list", /1 run/);
  await page.reload();
  await openList(page);
  await inList(page, "Open fruit").click();
  await reaches(page, "trained");
  assert.deepEqual(await runsTable(page), expected.table);
  // And so has the form that they were asked for in.
  assert.equal(await page.locator("#several-kind").inputValue(), "grid");
  assert.equal(await page.locator("#several-0-field").inputValue(), "learning_rate");
  assert.equal(await page.locator("#several-0-values").inputValue(), "0.003, 1e-7");
  await reads(page, "#several summary", /^Several runs: grid$/);
  assert.deepEqual(errors, []);
  await close();
});

test("a run whose worker dies goes on in another one", { timeout: PATIENCE }, async () => {
  const expected = await whole();
  const { page, close } = await ready();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await runUntilKept(page);
  // As thread.js does where the module traps in a thread. The engine's worker was the first.
  await page.workers()[0].evaluate(() => {
    new BroadcastChannel(self.name).postMessage({ error: { kind: "worker", message: "It stopped." } });
  });
  await reads(page, "#worker-error", /It stopped/);
  // choose() has opened all that can be opened.
  await page.locator("#copy-diagnostic").click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /What happened: It stopped[\s\S]*Browser: [\s\S]*Step: \d+ of \d+[\s\S]*epochs=300/);
  for (const word of ["pear", "quince", "fruit"]) assert.ok(!copied.includes(word), copied);
  await page.locator("#revive").click();
  await reads(page, "#continue-words", /step \d+ of \d+/);
  await reaches(page, "ready");
  await page.locator("#continue").click();
  await reaches(page, "trained");
  const found = await outcome(page);
  assert.deepEqual(found.rows, expected.rows);
  assert.ok(found.weights.equals(expected.weights), "the weights are the same");
  await close();
});

test("a run that is not wanted any more is discarded, and what was open is there", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await runUntilKept(page);
  await reload(page);
  await reads(page, "#continue-words", /step \d+ of \d+/);
  // Enter twice destroys nothing.
  await page.locator("#discard").press("Enter");
  await reads(page, "#discard-words", /with its \d+ steps?\? This cannot be undone/);
  await page.keyboard.press("Enter");
  await page.locator("#discard-words").waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement?.id), "discard");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "discard");
  await page.locator("#discard").click();
  await page.locator("#discard-sure").click();
  await page.locator("#going-on").waitFor({ state: "hidden" });
  await openList(page);
  await inList(page, "Open fruit").click();
  await reaches(page, "ready");
  assert.equal(await page.locator("#recipe-epochs").inputValue(), "300");
  await reads(page, "#data-summary", /3 labels/);
  await page.reload();
  await reads(page, "#projects-summary", /1 project/);
  assert.equal(await page.locator("#going-on").isVisible(), false);
  assert.deepEqual(errors, []);
  await close();
});

test("a finished project is opened, tried and downloaded after a reload", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready({ epochs: 2, learning_rate: 0.003 });
  await train(page);
  const before = await outcome(page);
  await reads(page, "#project-list", /1 run/).catch(() => null);
  await openList(page);
  await reads(page, "#project-list", /1 run/);
  await page.reload();
  await reads(page, "#again-words", /fruit\.csv · .* · 1 run, .* accuracy/);
  await page.locator("#again-open").press("Enter");
  await reaches(page, "trained");
  // The keyboard goes on below the notice that is gone.
  assert.equal(await page.evaluate(() => document.activeElement?.id), "projects-summary");
  assert.equal(await page.locator("#again").isVisible(), false);
  await openList(page);
  const found = await outcome(page);
  assert.deepEqual(found.rows, before.rows);
  assert.ok(found.weights.equals(before.weights));
  // Another table is another project; what is shown, tried and taken away is still the model of this one.
  await drop(page, [file("other.csv", table(30).replaceAll("pear", "plum"))]);
  await reads(page, "#project-list", /other\.csv/);
  await reads(page, "#result-subject", /trained on fruit\.csv/);
  assert.ok((await download(page, "#download-weights")).bytes.equals(before.weights));
  assert.ok(unzipSync((await download(page, "#download-zip")).bytes)["model.safetensors"]);
  await page.locator("#try-text").fill("the pear is good");
  await page.locator("#try-send").click();
  await reads(page, "#prediction", /pear/);
  // That project has no result.
  await inList(page, "Open fruit").click();
  await reaches(page, "trained");
  await inList(page, "Open other").click();
  await reaches(page, "ready");
  assert.equal(await page.locator("#download-zip").isVisible(), false);
  assert.deepEqual(errors, []);
  await close();
});

test("what is open stays open when its project is deleted, and is kept again", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready({ epochs: 1 });
  await train(page);
  await openList(page);
  await reads(page, "#project-list", /1 run/);
  await page.reload();
  await page.locator("#again-open").click();
  await reaches(page, "trained");
  await openList(page);
  await inList(page, "Delete fruit").click();
  await page.locator("#project-list").getByRole("button", { name: "Delete", exact: true }).click();
  await reads(page, "#projects-summary", /none yet/);
  // Its model went with it; table, columns and encoder are there.
  await reaches(page, "ready");
  await train(page);
  await reads(page, "#project-list", /1 run/);
  assert.equal(await page.locator("#storage-trouble").isVisible(), false);
  await page.reload();
  await page.locator("#again-open").click();
  await reaches(page, "trained");
  assert.deepEqual(errors, []);
  await close();
});

test(
  "the open project stays deleted, and its trained model is known to be only in this tab",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await ready({ epochs: 1 });
    await train(page);
    await openList(page);
    await reads(page, "#project-list", /1 run/);
    await page.locator("#project-list").filter({ hasText: "not kept" }).waitFor({ state: "hidden" });
    await inList(page, "Delete fruit").click();
    await reads(page, "#project-list", /Its table and model stay open in this tab only/);
    await page.locator("#project-list").getByRole("button", { name: "Delete", exact: true }).click();
    await reads(page, "#projects-said", /fruit was deleted/);
    await reads(page, "#projects-summary", /none yet/);
    await reads(page, "#storage-trouble", /The model of this run is not kept in this browser\. Download it in step 5/);
    // What is really changed is kept anew, and the model is not.
    await page.locator("#recipe-epochs").fill("2");
    await reads(page, "#projects-summary", /1 project/);
    assert.doesNotMatch((await page.locator("#project-list").textContent()) ?? "", /1 run/);
    await reads(page, "#storage-trouble", /The model of this run is not kept in this browser/);
    assert.ok((await download(page, "#download-weights")).bytes.length > 0);
    await page.locator("#storage-trouble").waitFor({ state: "hidden" });
    assert.deepEqual(await reload(page), [], "it was taken away");
    assert.deepEqual(errors, []);
    await close();
  },
);

test("a model that only this tab has is asked about before the tab is closed", { timeout: PATIENCE }, async () => {
  const { page, close } = await ready({ epochs: 1 });
  await train(page);
  await openList(page);
  await reads(page, "#project-list", /1 run/);
  await inList(page, "Delete fruit").click();
  await page.locator("#project-list").getByRole("button", { name: "Delete", exact: true }).click();
  await reads(page, "#projects-summary", /none yet/);
  assert.deepEqual(await reload(page), ["beforeunload"]);
  await close();
});

test(
  "the keyboard keeps its place when projects are opened, renamed, deleted and gone on with",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await ready();
    await runUntilKept(page);
    await reload(page);
    const { keyboard } = page;
    const hasFocus = (/** @type {string} */ place) =>
      page.waitForFunction((place) => document.activeElement?.matches(place), place);
    await openList(page);
    await inList(page, "Rename fruit").press("Enter");
    await hasFocus("#project-list input");
    await keyboard.press("Escape");
    await hasFocus('[aria-label="Rename fruit"]');
    await keyboard.press("Enter");
    await page.locator("#project-list input").fill(" ");
    await keyboard.press("Enter");
    await reads(page, "#rename-error", /needs a name/);
    await page.locator("#project-list input").fill("pears");
    await keyboard.press("Enter");
    await hasFocus('[aria-label="Rename pears"]');
    await inList(page, "Delete pears").press("Enter");
    await keyboard.press("Escape");
    await hasFocus('[aria-label="Delete pears"]');
    await inList(page, "Open pears").press("Enter");
    await reaches(page, "ready");
    await hasFocus('[aria-label="Rename pears"]');
    await page.locator("#continue").press("Enter");
    await reaches(page, "running");
    await hasFocus("#training");
    await page.locator("#stop").press("Enter");
    await reaches(page, "trained");
    await inList(page, "Delete pears").press("Enter");
    // Enter twice deletes nothing.
    await keyboard.press("Enter");
    await hasFocus('[aria-label="Delete pears"]');
    await keyboard.press("Enter");
    await keyboard.press("Shift+Tab");
    await keyboard.press("Enter");
    await hasFocus("#projects-summary");
    assert.deepEqual(errors, []);
    await close();
  },
);

test("projects are renamed, taken away, deleted and brought back", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await runUntilKept(page);
  await reload(page);
  await openList(page);
  await inList(page, "Rename fruit").click();
  const name = `My <b>fruit</b>`;
  await page.locator("#project-list input").fill(name);
  await page.keyboard.press("Enter");
  await reads(page, "#project-list .subject", /My <b>fruit<\/b>/);
  const taken = await download(page, `#project-list button[aria-label^="Export"]`);
  assert.match(taken.name, /\.tabtune\.zip$/);
  await inList(page, "Delete My").click();
  await page.locator("#project-list").getByRole("button", { name: "Delete", exact: true }).click();
  await reads(page, "#projects-summary", /none yet/);
  await page.locator("#import-project").setInputFiles(file("taken.zip", taken.bytes));
  await reads(page, "#projects-said", /My <b>fruit<\/b> was imported/);
  await reads(page, "#continue-words", /step \d+ of \d+/);
  await page.locator("#continue").click();
  await reaches(page, "trained");
  assert.deepEqual((await outcome(page)).rows, (await whole()).rows);

  // What is no project is refused, and what is there stays.
  const inside = unzipSync(taken.bytes);
  const evil = zipSync({ ...inside, "../../evil.js": strToU8("evil") });
  await page.locator("#import-project").setInputFiles(file("evil.zip", Buffer.from(evil)));
  await reads(page, "#projects-error", /evil\.zip was not imported: .*belongs to no project/);
  const [stored] = Object.keys(inside).filter((one) => one.includes("checkpoint"));
  const wrong = zipSync({ ...inside, [stored]: inside[stored].map((byte) => byte ^ 1) });
  await page.locator("#import-project").setInputFiles(file("wrong.zip", Buffer.from(wrong)));
  await reads(page, "#projects-error", /wrong\.zip was not imported: .* is damaged/);
  await page.locator("#import-project").setInputFiles(file("noise.zip", "no zip at all"));
  await reads(page, "#projects-error", /noise\.zip was not imported: it is no zip/);
  await reads(page, "#projects-summary", /1 project/);
  assert.deepEqual(errors, []);
  await close();
});

test("where there is no storage the page says so once, and trains", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({
    device: "cpu",
    storage: false,
  });
  await begin(page, { epochs: 2 });
  await reads(page, "#storage-trouble", /no storage, as in some private windows\. Training works all the same/);
  await train(page);
  assert.equal(await page.locator("#epochs tbody tr").count(), 2);
  assert.equal(await page.locator("#going-on").isVisible(), false);
  assert.deepEqual(errors, []);
  assert.deepEqual(await reload(page), ["beforeunload"], "the model is nowhere else");
  await close();
});

test(
  "a storage that runs full in the middle of a run says so, and training goes on",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await ready({ ...LONG, epochs: 1000 });
    const session = await page.context().newCDPSession(page);
    await runUntilKept(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: site.origin.replace(/\/$/, ""), quotaSize: 1 });
    await reads(page, "#storage-trouble", /storage is full.*Training goes on/);
    await page.locator("#stop").click();
    await reaches(page, "trained");
    const words = await reads(page, "#storage-trouble", /The model of this run is not kept yet: download it in step 5/);
    assert.doesNotMatch(words, /Training goes on/);
    // There is room again, and something else is written.
    await session.send("Storage.overrideQuotaForOrigin", { origin: site.origin.replace(/\/$/, ""), quotaSize: 1e9 });
    await page.locator("#recipe-epochs").fill("2");
    await page.locator("#storage-trouble").waitFor({ state: "hidden" });
    await openList(page);
    await reads(page, "#project-list", /1 run, [\d.]+\s% accuracy · [\d.]+\s[kM]B/);
    assert.deepEqual(await reload(page), []);
    await page.locator("#again-open").click();
    await reaches(page, "trained");
    assert.ok((await download(page, "#download-weights")).bytes.length > 0);
    assert.deepEqual(errors, []);
    await close();
  },
);
