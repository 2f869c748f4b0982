// Figures that are no steps: sizes of our modules, how soon the page can be used, how much of real batches is padding, how long
// heads on texts take that are encoded once.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { brotliCompress, constants, gzip } from "node:zlib";
import { chromium } from "playwright-core";
import { serve } from "../../tools/serve.mjs";
import { spread, stamp } from "./results.mjs";

/** @typedef {import("./results.mjs").Result} Result */

const root = fileURLToPath(new URL("../..", import.meta.url));
const TABLE = `${root}../shared/data/debsec_train.csv`;
const MODEL = "pkg/models/all-MiniLM-L6-v2";
const TOKENIZER = `${root}${MODEL}/tokenizer.json`;

/** @param {Partial<Result> & {figure: Result["figure"], name: string}} fact @returns {Result} */
const fact = (fact) => ({ who: fact.name, device: "", ...fact, ...stamp() });

/** Every module of pkg/ as it was built; `make dist` makes them smaller. @returns {Promise<Result[]>} */
export async function sizes() {
  const folder = `${root}pkg/`;
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  const modules = files.filter((file) => file.endsWith(".wasm"));
  if (modules.length === 0) {
    return [fact({ figure: "size", name: "pkg/", error: "left out: nothing is built; make build does it." })];
  }
  return Promise.all(
    modules.sort().map(async (file) => {
      const bytes = readFileSync(folder + file);
      const zipped = await promisify(gzip)(bytes, { level: 9 });
      const brotli = await promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
      const lengths = { raw: bytes.length, gzip: zipped.length, brotli: brotli.length };
      return fact({ figure: "size", name: `pkg/${file}`, bytes: lengths });
    }),
  );
}

/**
 * From the first request of a browser that has cached nothing until the first controls are there, and until the page
 * names the device that it runs on, which is when its engine is ready. From this machine, so without a network's delay.
 *
 * @param {string} executablePath
 * @returns {Promise<Result[]>}
 */
export async function pageLoad(executablePath) {
  const names = ["page, until there are controls", "page, until the engine is ready on the CPU"];
  if (!existsSync(`${root}pkg/vendor`)) {
    return names.map((name) =>
      fact({ figure: "page", name, error: "left out: nothing is built; make build does it." }),
    );
  }
  const site = await serve(0);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  /** @type {number[][]} */
  const times = [];
  try {
    for (let round = 0; round < 3; round++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const start = performance.now();
      await page.goto(`${site.url}?device=cpu`, { waitUntil: "commit" });
      await page.locator("#device-select").waitFor({ state: "attached" });
      const controls = performance.now() - start;
      await page.locator("#device-sentence", { hasText: /Runs on/ }).waitFor({ state: "attached", timeout: 60_000 });
      times.push([controls, performance.now() - start]);
      await context.close();
    }
    return names.map((name, which) => fact({ figure: "page", name, ms: spread(times.map((both) => both[which])) }));
  } catch (error) {
    return names.map((name) => fact({ figure: "page", name, error: `failed: ${String(error).split("\n")[0]}` }));
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Share of tokens that is padding on a real table, if it lies beside the project. @param {string} engine */
export function padding(engine) {
  const name = "padding, one-line texts";
  const absent = [TABLE, TOKENIZER].find((file) => !existsSync(file));
  if (absent) return [fact({ figure: "padding", name, error: `left out: ${absent.slice(root.length)} is not there.` })];
  const lines = execFileSync(engine, ["padding", TOKENIZER, TABLE], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const { batch, cpu, gpu, in_file_order } = JSON.parse(line);
    const shares = { "on the CPU": cpu, "on a GPU": gpu, "if batched in file order": in_file_order };
    return fact({ figure: "padding", name: `${name}, batches of ${batch}`, batch, shares });
  });
}

/** A head on a thousand real texts, encoded once, and ten more recipes for it. @param {string} engine */
export function frozen(engine) {
  const name = "frozen encoder, 1,000 one-line texts, two threads";
  const model = root + MODEL;
  const absent = [TABLE, model].find((file) => !existsSync(file));
  if (absent) return [fact({ figure: "frozen", name, error: `left out: ${absent.slice(root.length)} is not there.` })];
  const { rows, first_ms, ten_more_ms } = JSON.parse(
    execFileSync(engine, ["frozen", model, TABLE], { encoding: "utf8" }),
  );
  return [fact({ figure: "frozen", name, batch: rows, shares: { first: first_ms, ten_more: ten_more_ms } })];
}

/** The same as a user has it: in Chromium, on the CPU. @param {string} executablePath @returns {Promise<Result[]>} */
export async function frozenInBrowser(executablePath) {
  const name = "frozen encoder, 1,000 one-line texts, in Chromium";
  const absent = [TABLE, root + MODEL, `${root}pkg/relaxed`].find((file) => !existsSync(file));
  if (absent) return [fact({ figure: "frozen", name, error: `left out: ${absent.slice(root.length)} is not there.` })];
  const table = readFileSync(TABLE, "utf8")
    .split("\n")
    .slice(0, 1 + 1000)
    .join("\n");
  const site = await serve(0);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    // A page of the same origin that has no engine of its own.
    await page.goto(`${site.url}pkg/models/all-MiniLM-L6-v2/config.json`);
    const [first, ...more] = await page.evaluate(timeHeads, { table, model: `/${MODEL}` });
    const ten_more = more.reduce((sum, ms) => sum + ms, 0);
    return [fact({ figure: "frozen", name, batch: 1000, shares: { first, ten_more } })];
  } catch (error) {
    return [fact({ figure: "frozen", name, error: `failed: ${String(error).split("\n")[0]}` })];
  } finally {
    await browser.close();
    await site.close();
  }
}

/** In the page: milliseconds of eleven recipes of a head. @param {{table: string, model: string}} given */
async function timeHeads({ table, model }) {
  const address = "/tabtune.js";
  /** @type {typeof import("../../www/tabtune.js")} */
  const { openTabtune } = await import(address);
  const tabtune = await openTabtune({ device: "cpu" });
  const files = ["config.json", "tokenizer.json", "model.safetensors"].map(async (file) => {
    return new File([await (await fetch(`${model}/${file}`)).blob()], file);
  });
  await tabtune.openModel(await Promise.all(files));
  await tabtune.openData(new File([table], "bench.csv"), { text: "text", label: "label" });
  const times = [];
  for (let recipe = 0; recipe < 11; recipe += 1) {
    const start = performance.now();
    // From 0.01 to 1000, as one would try.
    await tabtune.train({ method: "frozen", inverse_regularization: 10 ** (recipe / 2 - 2) });
    times.push(performance.now() - start);
  }
  return times;
}
