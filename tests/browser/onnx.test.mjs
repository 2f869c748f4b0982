// The zip for JavaScript, loaded by transformers.js in a page of its own, says what the trained model says.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { file, modelFiles, table, taskTable } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { choose, download, drop, reaches, train } from "./user.mjs";

const MODULES = fileURLToPath(new URL("../../node_modules/", import.meta.url));
const TEXTS = ["the pear is sweet", "a good apple, and ripe", "quince"];

/** @typedef {Record<string, Uint8Array>} Files  By path. */

/** @type {import("./harness.mjs").Site} */
let ours;
/** A plain host with transformers.js and the folders that were downloaded. @type {import("./harness.mjs").Site} */
let theirs;
/** @type {string} */
let root;

before(async () => {
  root = mkdtempSync(join(tmpdir(), "tabtune-onnx-"));
  writeFileSync(join(root, "index.html"), "<!doctype html><title>Another page</title>");
  for (const path of [
    "@huggingface/transformers/dist/transformers.min.js",
    "onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.mjs",
    "onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm",
  ]) {
    symlinkSync(MODULES + path, join(root, /** @type {string} */ (path.split("/").at(-1))));
  }
  [ours, theirs] = await Promise.all([startSite(), startSite(root)]);
});
after(async () => {
  await Promise.all([ours.close(), theirs.close()]);
  rmSync(root, { recursive: true });
});

/**
 * Trains on the page and downloads the model as Python has it, and for JavaScript in these precisions.
 *
 * @param {import("./fixtures.mjs").Dropped} data
 * @param {string[]} precisions
 */
async function trained(data, precisions) {
  const { page, errors, close } = await ours.open({ device: "cpu" });
  await reaches(page, "empty");
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await drop(page, [data]);
  await reaches(page, "ready");
  await choose(page, { epochs: 2, learning_rate: 0.003 });
  await train(page);
  const files = unzipSync((await download(page, "#download-zip")).bytes);
  /** @type {Record<string, Files>} */
  const onnx = {};
  for (const precision of precisions) {
    await page.locator("#onnx-precision").selectOption(precision);
    const zip = await download(page, "#download-onnx");
    assert.match(zip.name, /-onnx\.zip$/);
    onnx[precision] = unzipSync(zip.bytes);
  }
  const said = await predict(page, files);
  assert.deepEqual(errors, []);
  await close();
  return { onnx, said };
}

/**
 * What our engine says of the texts, with all digits.
 *
 * @param {import("playwright-core").Page} page
 * @param {Files} files
 * @returns {Promise<any[]>}
 */
function predict(page, files) {
  const given = Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString("base64")]);
  return page.evaluate(
    async ({ given, texts }) => {
      const path = "/client.js";
      const { createClient } = await import(path);
      const client = createClient({ onEvent() {}, onDead() {} });
      const arrays = given.map(([path, base64]) => {
        return [path, Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))];
      });
      const { "config.json": config, "tokenizer.json": tokenizer, ...modules } = Object.fromEntries(arrays);
      await client.startDevice("cpu");
      const sentence = "modules.json" in modules ? { modules: { ...modules } } : {};
      await client.openModel({ config, tokenizer, weights: modules["model.safetensors"], ...sentence }, "trained");
      return client.predict({ texts, pairs: null });
    },
    { given, texts: TEXTS },
  );
}

/**
 * What a pipeline of transformers.js says of them, which is told nothing but the folder.
 *
 * @param {string} name
 * @param {Files} files
 * @param {string} [task]
 * @param {Record<string, unknown>} [options]
 * @returns {Promise<any[]>}
 */
async function asked(name, files, task = "text-classification", options = { top_k: null }) {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, "models", name, path)), { recursive: true });
    writeFileSync(join(root, "models", name, path), bytes);
  }
  const { page, close } = await theirs.open({ device: "cpu" });
  const said = await page.evaluate(
    async ({ name, texts, task, options }) => {
      const path = "/transformers.min.js";
      const { env, pipeline } = await import(path);
      env.allowRemoteModels = false;
      env.allowLocalModels = true;
      env.localModelPath = "/models/";
      env.backends.onnx.wasm.wasmPaths = "/";
      const said = await (await pipeline(task, name))(texts, options);
      return Array.isArray(said) ? said : said.tolist();
    },
    { name, texts: TEXTS, task, options },
  );
  await close();
  assert.deepEqual(theirs.asked, [], "the browser asked another machine");
  return said;
}

/** @param {{label: string, score: number}[][]} found @param {{scores: Record<string, number>}[]} said */
function farthest(found, said) {
  const differences = said.flatMap(({ scores }, at) => {
    assert.equal(found[at].length, Object.keys(scores).length);
    return found[at].map(({ label, score }) => Math.abs(score - scores[label]));
  });
  return Math.max(...differences);
}

test("transformers.js gives a classifier's probabilities", { timeout: PATIENCE }, async () => {
  const { onnx, said } = await trained(file("fruit.csv", table(24)), ["f32", "f16", "int8"]);
  assert.deepEqual(Object.keys(onnx.int8).sort(), [
    "config.json",
    "onnx/model_quantized.onnx",
    "tokenizer.json",
    "tokenizer_config.json",
    "training_report.json",
  ]);
  for (const [precision, limit] of /** @type {const} */ ([
    ["f32", 1e-4],
    ["f16", 1e-3],
    ["int8", 0.05],
  ])) {
    const far = farthest(await asked(precision, onnx[precision]), said);
    assert.ok(far <= limit, `${precision}: probabilities are off by ${far}`);
  }
});

test("and those of several labels", { timeout: PATIENCE }, async () => {
  const { onnx, said } = await trained(taskTable("multi_label"), ["f32"]);
  const far = farthest(await asked("several", onnx.f32), said);
  assert.ok(far <= 1e-4, `probabilities are off by ${far}`);
});

test("and vectors", { timeout: PATIENCE }, async () => {
  const { onnx, said } = await trained(taskTable("embedding"), ["f32"]);
  const vectors = await asked("vectors", onnx.f32, "feature-extraction", { pooling: "mean" });
  assert.equal(vectors.length, TEXTS.length);
  for (const [at, { vector }] of said.entries()) {
    const differences = vector.map((/** @type {number} */ value, /** @type {number} */ i) => value - vectors[at][i]);
    const far = Math.max(...differences.map(Math.abs));
    assert.ok(far <= 1e-4, `the vector of “${TEXTS[at]}” is off by ${far}`);
  }
});
