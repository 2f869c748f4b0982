// The ways of training beyond all weights, and model folders of other shapes, from end to end on the CPU: a frozen encoder
// with a head that is fitted, an adapter, a vocabulary instead of a tokenizer, weights in parts.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { unzipSync } from "fflate";
import { FIXTURES, file, modelFiles, safetensorsHeader, shardedWeights, table, taskTable } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { choose, download, drop, reaches, reads, train } from "./user.mjs";

/** @typedef {import("playwright-core").Page} Page */

const TEXT = "the pear is sweet, and ripe";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** Opens the page with an encoder and the table of fruits. @param {import("./fixtures.mjs").Dropped[]} [encoder] */
async function ready(encoder = modelFiles("tiny-bert")) {
  const opened = await site.open({ device: "cpu" });
  await drop(opened.page, encoder);
  await reaches(opened.page, "model");
  await drop(opened.page, [file("fruit.csv", table(24))]);
  await reaches(opened.page, "ready");
  return opened;
}

/** @param {Page} page @returns {Promise<string>} What the model says of the text. */
async function tried(page) {
  await page.locator("#try-text").fill(TEXT);
  await page.locator("#try-send").click();
  const said = await reads(page, "#prediction", /%/);
  for (const label of ["apple", "pear", "quince"]) assert.ok(said.includes(label), said);
  return said;
}

/** @param {Uint8Array} bytes */
function json(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** @param {Record<string, Uint8Array>} files @param {string} folder */
function unpack(files, folder) {
  for (const [path, bytes] of Object.entries(files)) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, bytes);
  }
}

/** The folder is the encoder as it was, with a layer over its vectors. @param {Record<string, Uint8Array>} files */
function checkFrozen(files) {
  const types = json(files["modules.json"]).map((/** @type {{type: string}} */ { type }) => type.split(".").at(-1));
  assert.deepEqual([types[0], types[1], types.at(-1)], ["Transformer", "Pooling", "Dense"]);
  const dense = json(files["modules.json"]).at(-1).path;
  assert.ok(files["1_Pooling/config.json"] && files["sentence_bert_config.json"] && files["tokenizer.json"]);
  const head = safetensorsHeader(files[`${dense}/model.safetensors`]);
  assert.deepEqual(head["linear.weight"].shape, [3, 32]);
  const original = safetensorsHeader(readFileSync(`${FIXTURES}tiny-bert/model.safetensors`));
  assert.deepEqual(Object.keys(safetensorsHeader(files["model.safetensors"])).sort(), Object.keys(original).sort());
  assert.deepEqual(json(files["config.json"]).id2label, { 0: "apple", 1: "pear", 2: "quince" });
  assert.equal(json(files["training_report.json"]).recipe.method, "frozen");
}

test("a head over a frozen encoder: fitted, tried, downloaded and opened again", { timeout: PATIENCE }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tabtune-"));
  const { page, errors, close } = await ready();
  await choose(page, { method: "frozen", inverse_regularization: 10 });
  assert.equal(await page.locator("#recipe-epochs").isVisible(), false);
  await isFine(page, "the form of a frozen encoder");
  await train(page);
  await reads(page, "#run-parameters", /^Trained 99 parameters; [\d,.]+( million)? stayed as they were\.$/);
  await reads(page, "#run-sentence", /fitted in \d+ iterations/);
  await reads(page, "#final-accuracy", /%/);
  assert.equal(await page.locator("#loss-chart").isVisible(), true);
  assert.equal(await page.locator("#rate-chart").isVisible(), false);
  assert.equal(await page.locator("#download-weights").isVisible(), false);
  assert.equal(await page.locator("#download-adapter").isVisible(), false);
  await reads(page, "#download-words", /sentence-transformers loads/);
  const first = await tried(page);
  await isFine(page, "a head over a frozen encoder");
  const files = unzipSync((await download(page, "#download-zip")).bytes);
  checkFrozen(files);

  // The texts are encoded already; the same recipe finds the same head.
  await train(page);
  assert.equal(await tried(page), first);
  assert.deepEqual(errors, []);
  await close();

  try {
    unpack(files, join(folder, "my-fruits"));
    const again = await site.open({ device: "cpu" });
    await again.page.locator("#model-folder").setInputFiles(join(folder, "my-fruits"));
    await reaches(again.page, "model");
    await reads(again.page, "#model-name", /^my-fruits$/);
    await reads(again.page, "#model-info", /One label, 3 labels/);
    assert.equal(await tried(again.page), first);
    assert.deepEqual(again.errors, []);
    await again.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("pairs of rows draw the labels apart, and a head is fitted to the vectors", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await choose(page, { method: "contrastive", epochs: 1, pairs_per_row: 2, batch_size: 8, learning_rate: "5e-3" });
  assert.equal(await page.locator("#recipe-label-smoothing").isVisible(), false);
  await train(page);
  await reads(page, "#run-sentence", /learnt from pairs in \d+ steps/);
  await reads(page, "#final-accuracy", /%/);
  assert.equal(await page.locator("#download-weights").isVisible(), false);
  await reads(page, "#download-words", /sentence-transformers loads/);
  await tried(page);
  await isFine(page, "a run over pairs");
  const files = unzipSync((await download(page, "#download-zip")).bytes);
  assert.equal(json(files["training_report.json"]).recipe.method, "contrastive");
  assert.ok(files["1_Pooling/config.json"]);
  assert.deepEqual(errors, []);
  await close();
});

test("a task that no head over vectors can do is refused in words", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await drop(page, [taskTable("tokens")]);
  await reads(page, "#task-guess", /marked words/);
  await reaches(page, "ready");
  await choose(page, { method: "frozen" });
  await page.locator('#train[aria-disabled="false"]').click();
  await reads(page, "#run-error", /Choose Full or LoRA for this task/);
  await reaches(page, "ready");
  assert.deepEqual(errors, []);
  await close();
});

test("an adapter is trained, and downloaded alone or as a whole model", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await ready();
  await choose(page, { method: "lora", lora_rank: 4, epochs: 2, learning_rate: 0.003 });
  await train(page);
  await reads(
    page,
    "#run-parameters",
    /^Trained [\d,]+ parameters; [\d,.]+( million)? stayed as they were\. The optimiser kept/,
  );
  assert.equal(await page.locator("#rate-chart").isVisible(), true);
  await tried(page);
  await reads(page, "#adapter-words", /PEFT loads it over the base model, your model\./);
  await isFine(page, "an adapter");

  const whole = unzipSync((await download(page, "#download-zip")).bytes);
  assert.deepEqual(json(whole["config.json"]).architectures, ["BertForSequenceClassification"]);
  const names = Object.keys(safetensorsHeader(whole["model.safetensors"]));
  assert.ok(names.every((name) => !name.includes("lora")));

  const zip = await download(page, "#download-adapter");
  assert.match(zip.name, /-adapter\.zip$/);
  const adapter = unzipSync(zip.bytes);
  assert.deepEqual(Object.keys(adapter).sort(), [
    "README.md",
    "adapter_config.json",
    "adapter_model.safetensors",
    "training_report.json",
  ]);
  const config = json(adapter["adapter_config.json"]);
  assert.deepEqual([config.peft_type, config.r, config.task_type], ["LORA", 4, "SEQ_CLS"]);
  assert.equal(config.base_model_name_or_path, "your model");
  const tensors = Object.keys(safetensorsHeader(adapter["adapter_model.safetensors"]));
  assert.ok(tensors.some((name) => name.endsWith("query.lora_A.weight")));
  assert.ok(adapter["adapter_model.safetensors"].length < whole["model.safetensors"].length / 2);
  assert.deepEqual(errors, []);
  await close();
});

for (const { what, encoder } of [
  {
    what: "a vocabulary instead of a tokenizer",
    encoder: () => [
      ...modelFiles("tiny-bert").filter(({ name }) => name !== "tokenizer.json"),
      file("vocab.txt", readFileSync(`${FIXTURES}tiny-bert/vocab.txt`)),
    ],
  },
  {
    what: "weights in two parts",
    encoder: () => [
      ...modelFiles("tiny-bert").filter(({ name }) => name !== "model.safetensors"),
      ...shardedWeights("tiny-bert"),
    ],
  },
]) {
  test(`a model with ${what} learns as the other does`, { timeout: PATIENCE }, async () => {
    const said = [];
    for (const files of [modelFiles("tiny-bert"), encoder()]) {
      const { page, errors, close } = await ready(files);
      await choose(page, { method: "full", epochs: 1, learning_rate: 0.003 });
      await train(page);
      said.push(await tried(page));
      const zip = unzipSync((await download(page, "#download-zip")).bytes);
      assert.equal(Object.keys(json(zip["tokenizer.json"]).model.vocab).length, 300);
      assert.deepEqual(errors, []);
      await close();
    }
    assert.equal(said[0], said[1]);
  });
}
