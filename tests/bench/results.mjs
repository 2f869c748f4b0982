// From runs to results: statistics, whether losses are right, and the file that keeps them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";

/** @typedef {import("./native.mjs").Run} Run */
/** @typedef {import("./plan.mjs").Work} Work */
/** @typedef {import("./who.mjs").Peer} Peer */

/** @typedef {{min: number, median: number, max: number}} Spread */

/**
 * @typedef {object} Result  One figure. Steps carry all of it, other figures what applies.
 * @property {"step" | "size" | "page" | "padding" | "frozen"} figure
 * @property {string} who
 * @property {string} name
 * @property {string} device
 * @property {string} [adapter]
 * @property {string} [browser]
 * @property {string} [task]
 * @property {string} [shape]
 * @property {number} [batch]
 * @property {number} [tokens]
 * @property {Spread} [ms]
 * @property {number} [steps]  How many were timed.
 * @property {number} [first_ms]  From the start of program or page to the end of the first step.
 * @property {number | null} [threads]
 * @property {number | null} [cpu_s]  Processor seconds of a step, median over all its processes.
 * @property {number | null} [peak_bytes]  Most memory held: of the process, or of the page and its GPU process.
 * @property {number | null} [wasm_bytes]
 * @property {number} [dispatches]  Of a step, on WebGPU.
 * @property {number} [submits]
 * @property {Spread} [host_ms]  Of a step on WebGPU: until all of it was asked for.
 * @property {number} [off]  Largest relative difference of a loss from the reference.
 * @property {string} [note]
 * @property {string} [error]  Why there is no time.
 * @property {string} machine
 * @property {number} load  Work on the machine when the figure was taken, as `uptime` counts it.
 * @property {string} date
 * @property {Record<string, number>} [bytes]
 * @property {Record<string, number>} [shares]
 */

const FILE = new URL("./results.json", import.meta.url);
const LOSSES = new URL("./losses.json", import.meta.url);

/** How far a loss may be from PyTorch's, relative. Rounding alone stays below 1e-5. */
const AGREEMENT = 1e-3;

export const workName = (/** @type {Work} */ { task, shape, batch, tokens }) => `${task} ${shape} ${batch}x${tokens}`;

/** What every figure is stamped with. */
export function stamp() {
  const cpus = os.cpus();
  return {
    machine: `${cpus[0].model.trim()}, ${cpus.length} cores, ${os.type()}`,
    load: Number(os.loadavg()[0].toFixed(2)),
    date: new Date().toISOString().slice(0, 16) + "Z",
  };
}

/** @param {number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  const [min, median, max] = [sorted[0], middle, sorted[sorted.length - 1]].map((x) => Number(x.toPrecision(5)));
  return { min, median, max };
}

/** PyTorch's losses of each work (losses.mjs writes them), and for works that are not among them those seen first. */
export class Losses {
  /** @type {Record<string, number[]>} */
  #known = existsSync(LOSSES) ? JSON.parse(readFileSync(LOSSES, "utf8")) : {};

  /**
   * The largest relative difference; losses of inference are all the same.
   *
   * @param {Work} work
   * @param {number[]} losses
   */
  off(work, losses) {
    const { task } = work;
    const isInference = task === "inference";
    // The first step of training has the loss of inference: the weights are the same.
    const name = workName({ ...work, task: isInference ? "full" : task });
    this.#known[name] ??= losses;
    const reference = this.#known[name];
    const at = (/** @type {number} */ step) => reference[isInference ? 0 : step];
    // Beyond the reference's last step there is nothing to compare with; each run starts from the first.
    const compared = isInference ? losses : losses.slice(0, reference.length);
    const far = compared.map((loss, step) => Math.abs(loss - at(step)) / Math.abs(at(step)));
    return far.some(Number.isNaN) ? NaN : Math.max(...far);
  }
}

/**
 * All rounds of a peer at a work → a result; without a time if a loss is not what it has to be.
 *
 * @param {Peer} peer
 * @param {Work} work
 * @param {Run[]} rounds
 * @param {number} warmup
 * @param {Losses} losses
 * @returns {Partial<Result>}
 */
export function judge(peer, work, rounds, warmup, losses) {
  if (rounds.some(({ steps }) => steps.length <= warmup)) return { error: "It ended before the first timed step." };
  const off = Math.max(
    ...rounds.map(({ steps }) =>
      losses.off(
        work,
        steps.map(({ loss }) => loss),
      ),
    ),
  );
  // Written so that NaN does not pass.
  if (!(off <= AGREEMENT)) {
    return { error: `Its losses are ${off.toPrecision(2)} off, so it did other work; its time is not shown.` };
  }
  const timed = rounds.flatMap(({ steps }) => steps.slice(warmup));
  const last = /** @type {import("./native.mjs").Step} */ (timed.at(-1));
  const [first] = rounds;
  const cpu = timed.flatMap(({ cpu_s }) => (cpu_s == null ? [] : [cpu_s]));
  return {
    ms: spread(timed.map(({ ms }) => ms)),
    steps: timed.length,
    first_ms: Math.round(first.open_ms + first.steps[0].ms),
    threads: first.threads,
    cpu_s: cpu.length > 0 ? spread(cpu).median : null,
    peak_bytes: first.peak_bytes,
    ...(last.wasm_bytes ? { wasm_bytes: last.wasm_bytes } : {}),
    ...(peer.device === "WebGPU" && last.dispatches ? asked(timed) : {}),
    off: Number(off.toPrecision(2)),
  };
}

/** What steps have asked of WebGPU. @param {import("./native.mjs").Step[]} steps */
function asked(steps) {
  const { dispatches, submits } = /** @type {import("./native.mjs").Step} */ (steps.at(-1));
  const host = steps.flatMap(({ host_ms }) => (host_ms == null ? [] : [host_ms]));
  return { dispatches, submits, ...(host.length > 0 ? { host_ms: spread(host) } : {}) };
}

/** @returns {Result[]} */
export function kept() {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : [];
}

/**
 * Puts results in the place of older ones of the same figure, and keeps the others.
 *
 * @param {Result[]} results
 * @returns {Result[]} All.
 */
export function keep(results) {
  const key = (/** @type {Result} */ { figure, who, task, shape, batch, tokens }) =>
    [figure, who, task, shape, batch, tokens].join(" ");
  const all = new Map(kept().map((result) => [key(result), result]));
  for (const result of results) all.set(key(result), result);
  const sorted = [...all.values()];
  writeFileSync(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
  return sorted;
}
