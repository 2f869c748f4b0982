// Who is timed, and how each is run.
import { readFileSync } from "node:fs";
import os from "node:os";

/**
 * @typedef {object} Peer
 * @property {string} who  What WHO= names.
 * @property {string} name  In tables.
 * @property {"native"|"python"|"browser"} runs
 * @property {"CPU"|"WebGPU"|"GPU"} device
 * @property {number} [threads]  Natively; 0 leaves the choice to the library.
 * @property {string} [library]  A script of peers/ that the page loads.
 * @property {object} [how]  What that script is told beside the job.
 * @property {boolean} [alone]  In a page that is not isolated from other sites: no memory for threads.
 * @property {boolean} [lora]  Whether it has adapters.
 * @property {boolean} [slow]  One timed step of a small batch is all that is asked of it by default.
 * @property {boolean} [onlyNamed]  Left out unless WHO= names it in full.
 */

const { dependencies } = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));
const tfjs = `TensorFlow.js ${dependencies["@tensorflow/tfjs-core"]}`;
const jax = `jax-js ${dependencies["@jax-js/jax"]}`;
const cores = os.availableParallelism();

/** @type {Peer[]} */
const ALL = [
  { who: "tabtune-native", name: "Tabtune, native", runs: "native", device: "CPU", threads: cores, lora: true },
  { who: "tabtune-native-1", name: "Tabtune, native", runs: "native", device: "CPU", threads: 1, lora: true },
  { who: "tabtune-native-gpu", name: "Tabtune, native", runs: "native", device: "GPU", lora: true, onlyNamed: true },
  { who: "pytorch", name: "PyTorch", runs: "python", device: "CPU", threads: 0, lora: true },
  { who: "pytorch-1", name: "PyTorch", runs: "python", device: "CPU", threads: 1, lora: true },
  { who: "pytorch-gpu", name: "PyTorch", runs: "python", device: "GPU", lora: true, onlyNamed: true },
  ours("relaxed", "CPU"),
  ours("threads", "CPU"),
  alone({ ...ours("relaxed", "CPU"), name: "Tabtune, wasm" }),
  ours("cpu", "CPU"),
  ours("gpu", "WebGPU"),
  browser("tfjs-wasm-tuned", `${tfjs}, wasm, tuned`, "tfjs", { device: "wasm", tuned: true }),
  alone(browser("tfjs-wasm-tuned", `${tfjs}, wasm, tuned`, "tfjs", { device: "wasm", tuned: true })),
  { ...browser("tfjs-wasm", `${tfjs}, wasm`, "tfjs", { device: "wasm", tuned: false }), slow: true },
  browser("tfjs-webgpu", tfjs, "tfjs", { device: "webgpu", tuned: false }),
  browser("jax-wasm", `${jax}, wasm`, "jax", { device: "wasm" }),
  alone(browser("jax-wasm", `${jax}, wasm`, "jax", { device: "wasm" })),
  browser("jax-webgpu", jax, "jax", { device: "webgpu" }),
];

/**
 * @param {"relaxed"|"threads"|"cpu"|"gpu"} module
 * @param {Peer["device"]} device
 * @returns {Peer}
 */
function ours(module, device) {
  const plain = ", wasm without relaxed SIMD";
  const how = { relaxed: ", wasm with threads", threads: `${plain}, with threads`, cpu: plain, gpu: "" };
  const name = `Tabtune${how[module]}`;
  return { who: `tabtune-${module}`, name, runs: "browser", device, library: "tabtune", how: { module }, lora: true };
}

/**
 * @param {string} who
 * @param {string} name
 * @param {string} library
 * @param {{device: "wasm"|"webgpu", tuned?: boolean}} how
 * @returns {Peer}
 */
function browser(who, name, library, how) {
  return { who, name, runs: "browser", device: how.device === "wasm" ? "CPU" : "WebGPU", library, how };
}

/**
 * The same peer on a page whose host sends no headers that isolate it, with one thread then.
 *
 * @param {Peer} peer
 * @returns {Peer}
 */
function alone(peer) {
  return { ...peer, who: `${peer.who}-1`, alone: true };
}

/**
 * Those that were asked for: by a whole name, which then means no other, or by a part of it; all without a wish.
 *
 * @param {string[]} wishes
 */
export function choose(wishes) {
  if (wishes.length === 0) return ALL.filter((peer) => !peer.onlyNamed);
  const chosen = new Set(
    wishes.flatMap((wish) => {
      const exact = ALL.filter(({ who }) => who === wish);
      const found = exact.length > 0 ? exact : ALL.filter(({ who, onlyNamed }) => who.includes(wish) && !onlyNamed);
      if (found.length === 0) {
        throw new Error(`WHO=${wish} names nobody; there are ${ALL.map(({ who }) => who).join(", ")}.`);
      }
      return found;
    }),
  );
  return ALL.filter((peer) => chosen.has(peer));
}
