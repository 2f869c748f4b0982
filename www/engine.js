// The four builds of the engine: which one computes on a device here and why, and how it is loaded. Of the three for the CPU
// the one with relaxed SIMD is the fastest also where it gets but one thread.

import { edition } from "./edition.js";
import { startPool } from "./pool.js";

/**
 * @typedef {"gpu"|"cpu"|"threads"|"relaxed"} Build  As the folders of pkg/ are named.
 * @typedef {import("./pkg/cpu/tabtune.js")} EngineModule
 * @typedef {{build: Build, threads: number, why: string}} Choice  `why`: what would make it faster, in words, or nothing.
 */

/**
 * @typedef {object} Abilities  What decides about threads.
 * @property {boolean} built     Whether the page comes with the modules that have threads.
 * @property {boolean} isolated  Whether the page is isolated from other sites, without which no browser lets workers share memory.
 * @property {boolean} shares    Whether this one does then. (Where it does not, it hides the constructor; WebKit on Linux.)
 * @property {boolean} kept      Whether the page is one that the browser keeps, which isolates itself (sw.js) from the second
 *   visit on.
 * @property {boolean} relaxed   Whether it knows relaxed SIMD: products are faster by it.
 * @property {number} cores
 */

/** Beyond these a small encoder has no work for another thread. */
const MOST_THREADS = 16;

/** What is said to who has threads and no relaxed SIMD. */
const SLOWER =
  "An up-to-date Chrome, Edge or Firefox would compute faster here: they have relaxed SIMD for WebAssembly, which this browser lacks.";

/**
 * A module of one function with all that our products use of relaxed SIMD, multiply-add, minimum and maximum: browsers without
 * it find that invalid, also those that have but a part of it (WebKit, where one switches it on).
 */
const RELAXED = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // () → v128; one function of that type.
    [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00],
    [0x0a, 0x21, 0x01, 0x1f, 0x00],
    // i32.const 0 and i8x16.splat three times, f32x4.relaxed_madd.
    [0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x85, 0x02],
    // Another such vector, f32x4.relaxed_min; another, f32x4.relaxed_max; end.
    [0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x8d, 0x02],
    [0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x8e, 0x02, 0x0b],
  ].flat(),
);

/** @returns {Promise<Abilities>} */
export async function findAbilities() {
  const { built } = await import("./pkg/threads/built.js");
  return {
    built,
    isolated: globalThis.crossOriginIsolated === true,
    shares: typeof SharedArrayBuffer === "function",
    kept: edition !== "" && globalThis.isSecureContext,
    relaxed: WebAssembly.validate(RELAXED),
    cores: navigator.hardwareConcurrency || 1,
  };
}

/**
 * @param {"gpu"|"cpu"} device
 * @param {Abilities} abilities
 * @returns {Choice}
 */
export function chooseBuild(device, { built, isolated, shares, kept, relaxed, cores }) {
  if (device === "gpu") return { build: "gpu", threads: 1, why: "" };
  if (!built) return oneThread("this page was built without the module for more. Building it says what is missing.");
  // Shared memory can be made all the same, only not sent to other workers.
  const alone = relaxed ? "relaxed" : "cpu";
  if (!isolated) {
    const again = kept
      ? "Load it again as soon as it says at its end that it works without a network: it isolates itself then. Where it cannot, its"
      : "Its";
    const headers =
      "server would have to send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.";
    const reason = `this page is not isolated from other sites. ${again} ${headers}`;
    return { ...oneThread(reason), build: alone };
  }
  if (!shares) return { ...oneThread("this browser does not let workers share memory."), build: alone };
  const many = Math.min(cores, MOST_THREADS);
  return relaxed ? { build: "relaxed", threads: many, why: "" } : { build: "threads", threads: many, why: SLOWER };
}

/** @param {string} reason @returns {Choice} */
function oneThread(reason) {
  return { build: "cpu", threads: 1, why: `Only one thread, because ${reason}` };
}

/**
 * Loads a build, with its threads. Where that fails, as when there is no address space for the memory that threads share, the
 * next best one takes its place: without relaxed SIMD, then with memory of its own.
 *
 * @param {Choice} choice
 * @returns {Promise<{Engine: EngineModule["Engine"], why: string}>}
 */
export async function loadEngine({ build, threads, why }) {
  if (build === "gpu" || build === "cpu") return { Engine: (await load(build)).module.Engine, why };
  try {
    const { script, module, compiled } = await load(build);
    await startPool(script, /** @type {import("./pkg/threads/tabtune.js")} */ (module), compiled, threads);
    return { Engine: module.Engine, why };
  } catch (thrown) {
    if (build === "relaxed" && threads > 1) return loadEngine({ build: "threads", threads, why: SLOWER });
    const cause = thrown instanceof Error ? thrown.message : String(thrown);
    return loadEngine(
      threads > 1 ? oneThread(`more could not be started (${cause}).`) : { build: "cpu", threads, why },
    );
  }
}

/** @param {Build} build @returns {Promise<{script: string, module: EngineModule, compiled: WebAssembly.Module}>} */
async function load(build) {
  const script = new URL(`./pkg/${build}/tabtune.js`, import.meta.url).href;
  const compiling = compile(new URL(`./pkg/${build}/tabtune_bg.wasm`, import.meta.url));
  const [module, compiled] = await Promise.all([import(script), compiling]);
  await module.default({ module_or_path: compiled });
  return { script, module, compiled };
}

/** Compiles while the bytes come in, where the server names their type. @param {URL} address */
async function compile(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: status ${response.status}`);
  if (response.headers.get("Content-Type") === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
