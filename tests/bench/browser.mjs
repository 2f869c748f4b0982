// Runs a job in a page of its own browser: the peers' libraries bundled, our engine as it is built.
import http from "node:http";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { browserPeak, cpuSeconds } from "./processes.mjs";
import { QUIET } from "../browser/harness.mjs";
import { SHAPES } from "./work.js";

/** @typedef {import("./native.mjs").Run} Run */

const WEBGPU = ["--enable-unsafe-webgpu", "--enable-features=Vulkan"];
const SOFTWARE = "--use-webgpu-adapter=swiftshader";

const TYPES = { js: "text/javascript", wasm: "application/wasm", html: "text/html" };
/** Without both a page gets no shared memory, and so no threads. */
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The page that comes without them. */
const ALONE = "/alone";

/** @param {string} path In this folder. */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** One script with all that it imports. @param {string} library */
async function bundle(library) {
  const { outputFiles } = await build({
    entryPoints: [here(`peers/${library}.js`)],
    bundle: true,
    format: "esm",
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

/**
 * Serves the page, the peers and our engine's modules on this machine.
 *
 * @param {string} engines Folder with `gpu/`, `cpu/`, `threads/` and `relaxed/`.
 */
async function serve(engines) {
  /** @type {Map<string, Promise<string | Uint8Array>>} */
  const fixed = new Map();
  for (const page of ["/", ALONE]) fixed.set(page, Promise.resolve("<!doctype html><title>Bench</title>"));
  for (const library of ["tfjs", "jax", "tabtune", "page"]) fixed.set(`/${library}.js`, bundle(library));
  fixed.set("/worker.js", bundle("tabtune-worker"));
  fixed.set("/thread.js", bundle("tabtune-thread"));
  await Promise.all(fixed.values());
  const answer = async (/** @type {string} */ path) => {
    const known = fixed.get(path);
    if (known) return known;
    if (path.includes("..")) return null;
    const [, folder, rest] = /^\/(wasm|engine)\/(.+)$/.exec(path) ?? [];
    const base = { wasm: here("node_modules/@tensorflow/tfjs-backend-wasm/dist/"), engine: `${engines}/` }[folder];
    return base ? readFile(base + rest) : null;
  };
  const server = http.createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const type = TYPES[/** @type {keyof typeof TYPES} */ (path.split(".").at(-1))] ?? TYPES.html;
    answer(path).then(
      (body) => {
        const headers = { ...(path === ALONE ? {} : ISOLATED), "Content-Type": type };
        response.writeHead(body ? 200 : 404, headers).end(body ?? "");
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://localhost:${port}/`, close: () => server.close() };
}

/**
 * @typedef {object} Browsers
 * @property {string} version
 * @property {string | null} adapter  What WebGPU computes on; null without any.
 * @property {boolean} software
 * @property {(peer: import("./who.mjs").Peer, job: import("./work.js").Job, patience: number) => Promise<Run>} run
 * @property {() => void} close
 */

/**
 * Finds out what the browser can do, first with the machine's own adapter, then with the emulated one.
 *
 * @param {string} executablePath
 * @param {string} engines
 * @returns {Promise<Browsers>}
 */
export async function start(executablePath, engines) {
  const { url, close } = await serve(engines);
  const launch = (/** @type {string[]} */ flags) => chromium.launch({ executablePath, args: [...QUIET, ...flags] });
  /** @param {string[]} flags @returns {Promise<{version: string, adapter: string | null}>} */
  const probe = async (flags) => {
    const browser = await launch(flags);
    const page = await visit(browser, url);
    const adapter = await page.evaluate(() => /** @type {any} */ (globalThis).bench.adapter());
    const version = browser.version();
    await browser.close();
    return { version, adapter };
  };
  let flags = WEBGPU;
  let found = await probe(flags);
  if (found.adapter === null) {
    flags = [...WEBGPU, SOFTWARE];
    found = await probe(flags);
  }
  return {
    ...found,
    software: /swiftshader|llvmpipe|lavapipe|basic render|software/i.test(found.adapter ?? ""),
    run: async (peer, job, patience) => {
      // An adapter that is emulated takes processor time, so only those who compute on it get one.
      const browser = await launch(peer.device === "WebGPU" ? flags : []);
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        browser.close();
      }, 1000 * patience);
      try {
        return await time(await visit(browser, url + (peer.alone ? ALONE.slice(1) : "")), peer, job);
      } catch (error) {
        throw late ? new Error(`It took longer than ${patience} s.`) : error;
      } finally {
        clearTimeout(timer);
        await browser.close();
      }
    },
    close,
  };
}

/** @param {import("playwright-core").Browser} browser @param {string} url */
async function visit(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(url);
  await page.evaluate(async () => {
    const path = "/page.js";
    /** @type {any} */ (globalThis).bench = await import(path);
  });
  return page;
}

/**
 * @param {import("playwright-core").Page} page
 * @param {import("./who.mjs").Peer} peer
 * @param {import("./work.js").Job} job
 * @returns {Promise<Run>}
 */
async function time(page, { library, how }, job) {
  const told = { ...how, sizes: SHAPES[job.shape] };
  const opened = await page.evaluate(
    ([library, job, told]) => /** @type {any} */ (globalThis).bench.open(library, job, told),
    /** @type {const} */ ([library, job, told]),
  );
  /** @type {Run} */
  const run = { ...opened, steps: [], peak_bytes: null };
  let limit = Infinity;
  for (let done = 0; done < job.warmup + job.steps; done++) {
    if (done === job.warmup) limit = performance.now() + 1000 * job.seconds;
    if (done > job.warmup && performance.now() > limit) break;
    const before = cpuSeconds();
    const step = await page.evaluate(() => /** @type {any} */ (globalThis).bench.step());
    const after = cpuSeconds();
    run.steps.push({ ...step, cpu_s: before !== null && after !== null ? after - before : null });
  }
  run.peak_bytes = browserPeak();
  return run;
}
