// The main job on each device: drop an encoder and a table, train, see curves, try a text, download, and nothing leaves.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { unzipSync } from "fflate";
import { parse } from "yaml";
import { FIXTURES, SECRET, file, modelFiles, safetensorsHeader, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { begin, choose, columns, download, drop, pixels, reaches, reads, train } from "./user.mjs";

const LABELS = ["apple", "pear", "quince"];
const reference = safetensorsHeader(readFileSync(FIXTURES + "tiny-classifier/model.safetensors"));

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** @param {ReturnType<typeof safetensorsHeader>} header */
function shapes(header) {
  const entries = Object.entries(header).map(([name, { dtype, shape }]) => [name, dtype, ...shape].join(" "));
  return entries.sort();
}

/**
 * The zip is the folder that transformers loads.
 *
 * @param {Uint8Array} zip
 * @param {Uint8Array} weights Downloaded by themselves.
 */
function checkZip(zip, weights) {
  const files = unzipSync(zip);
  const json = (/** @type {string} */ name) => JSON.parse(new TextDecoder().decode(files[name]));
  assert.deepEqual(Buffer.from(files["model.safetensors"]), Buffer.from(weights));
  const config = json("config.json");
  assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
  assert.deepEqual(config.id2label, { 0: "apple", 1: "pear", 2: "quince" });
  assert.deepEqual(config.label2id, { apple: 0, pear: 1, quince: 2 });
  assert.equal(config.problem_type, "single_label_classification");
  const { model, added_tokens } = JSON.parse(readFileSync(FIXTURES + "tiny-bert/tokenizer.json", "utf8"));
  assert.deepEqual(json("tokenizer.json").model, model);
  assert.deepEqual(json("tokenizer.json").added_tokens, added_tokens);
  const report = json("training_report.json");
  assert.equal(report.recipe.epochs, 2);
  const card = new TextDecoder().decode(files["README.md"]);
  const metadata = parse(card.split("---\n")[1] ?? "");
  assert.equal(metadata.pipeline_tag, "text-classification");
  assert.ok(metadata["model-index"][0].results[0].metrics.length > 1, card);
  assert.ok(!card.includes(SECRET), "the card holds a text of the data");
  assert.ok(!JSON.stringify(report).includes(SECRET), "the report holds a text of the data");
}

/** The folder that goes on in Python has the run, and no text of the data. @param {Record<string, Uint8Array>} files */
function checkScript(files) {
  const text = (/** @type {string} */ name) => new TextDecoder().decode(files[name]);
  assert.equal(JSON.parse(text("recipe.json")).recipe.epochs, 2);
  assert.match(text("train.py"), /accelerate launch/);
  for (const name of Object.keys(files)) assert.ok(!text(name).includes(SECRET), `${name} holds a text of the data`);
}

/** @param {import("./harness.mjs").Opened["requests"]} requests */
function checkRequests(requests) {
  assert.ok(requests.length > 10, "requests were recorded");
  for (const { url, method, body } of requests) {
    assert.ok(url.startsWith(site.origin) || url.startsWith(`blob:${site.origin}`), `asked another origin: ${url}`);
    assert.equal(method, "GET", url);
    assert.equal(body, null, url);
    assert.ok(!decodeURIComponent(url).includes(SECRET), `an address holds a text of the data: ${url}`);
  }
  assert.deepEqual(site.asked, [], "the browser asked another machine");
}

for (const device of /** @type {const} */ (["gpu", "cpu"])) {
  test(`a tiny encoder is trained for two epochs on the ${device} and downloaded`, { timeout: PATIENCE }, async () => {
    const { page, requests, errors, close } = await site.open({ device });
    await reaches(page, "empty");
    await drop(page, modelFiles("tiny-bert"));
    await reaches(page, "model");
    await drop(page, [file("fruit.csv", table(24))]);
    await reaches(page, "ready");
    await reads(page, "#data-summary", /3 labels/);
    await reads(page, "#preview", /quince/);
    const sentence = await reads(page, "#device-sentence", /\w+/);
    assert.equal(await page.locator("#device-software").isVisible(), device === "gpu", sentence);

    await choose(page, { epochs: 2, learning_rate: 0.003 });
    const script = await download(page, "#save-python");
    assert.equal(script.name, "fruit-in-python.zip");
    checkScript(unzipSync(script.bytes));
    await train(page);
    assert.equal(await page.locator("#epochs tbody tr").count(), 2);
    await reads(page, "#final-accuracy", /%/);
    assert.equal(await page.locator("#confusion tbody tr").count(), 3);
    assert.equal(await page.locator("#per-class tbody tr").count(), 3);
    assert.ok((await pixels(page, "#loss-chart", "--chart-train")) > 20, "the loss curve is drawn");
    assert.ok((await pixels(page, "#rate-chart", "--chart-rate")) > 20, "the learning-rate curve is drawn");

    await page.locator("#try-text").fill(`${SECRET} the pear is good`);
    await page.locator("#try-send").click();
    const prediction = await reads(page, "#prediction", /%/);
    for (const label of LABELS) assert.ok(prediction.includes(label), prediction);

    const weights = await download(page, "#download-weights");
    assert.equal(weights.name, "model.safetensors");
    assert.deepEqual(shapes(safetensorsHeader(weights.bytes)), shapes(reference));
    const zip = await download(page, "#download-zip");
    assert.match(zip.name, /\.zip$/);
    checkZip(zip.bytes, weights.bytes);
    // What was taken away is a model that can be dropped again.
    const name = zip.name.replace(".zip", "");
    await drop(page, [file(zip.name, zip.bytes)]);
    await page.waitForFunction((name) => document.querySelector("#model-name")?.textContent === name, name);

    checkRequests(requests);
    assert.deepEqual(errors, []);
    await close();
  });
}

test("while a model trains, the page is laid out for news and not in every frame", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  // Longer than the test looks on, however fast the machine.
  await begin(page, { epochs: 1000, batch_size: 1, learning_rate: 0.003 });
  await page.locator("#train").click();
  await reaches(page, "running");
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const layouts = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "LayoutCount")?.value ?? NaN;
  };
  // Once the curves are there, which are made one after the other.
  await news(page, 3);
  const before = await layouts();
  await news(page, 5);
  const count = (await layouts()) - before;
  assert.ok(count >= 1 && count <= 5 * 4, `${count} layouts for five pieces of news`);
  assert.deepEqual(errors, []);
  await close();
});

test("charts of a run have their epochs above one another, and no key to a line that is not there", async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await begin(page, { epochs: 2, learning_rate: 0.001 });
  await train(page);
  const first = async (/** @type {string} */ chart) => Math.min(...(await columns(page, chart, "--chart-validation")));
  const [loss, score] = [await first("#loss-chart"), await first("#score-chart")];
  assert.ok(Math.abs(loss - score) <= 1, `the first epoch is at ${loss} and at ${score}`);
  const key = page.locator("figure:has(#loss-chart) .legend");
  assert.equal(await key.textContent(), "each stepsmoothedvalidation");
  assert.match(
    (await page.locator("#rate-chart").getAttribute("aria-label")) ?? "",
    /: \d(\.\d+)?e-\d+ at step \d+\.$/,
  );

  await page.locator("#map-share").fill("0");
  await page.locator("#map-share").press("Enter");
  await reads(page, "#data-summary", /0 rows to validate/);
  await train(page);
  await reads(page, "#epochs .best", /kept/);
  assert.equal(await key.textContent(), "each stepsmoothed");
  assert.deepEqual(errors, []);
  await close();
});

/** Waits until the run's progress has moved so many times. @param {import("playwright-core").Page} page @param {number} times */
function news(page, times) {
  return page.locator("#run-progress").evaluate((bar, times) => {
    let left = times;
    return new Promise((resolve) => {
      new MutationObserver((_, observer) => {
        left -= 1;
        if (left > 0) return;
        observer.disconnect();
        resolve(undefined);
      }).observe(bar, { attributes: true });
    });
  }, times);
}
