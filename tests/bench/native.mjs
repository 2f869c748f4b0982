// Runs a job in a program that prints a JSON object per line: our engine, or PyTorch.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuSeconds } from "./processes.mjs";
import { SHAPES } from "./work.js";

/** @typedef {import("./who.mjs").Peer} Peer */
/** @typedef {import("./work.js").Job} Job */

/**
 * @typedef {object} Step
 * @property {number} ms
 * @property {number} loss
 * @property {number | null} [cpu_s]  Processor seconds of all its processes.
 * @property {number} [dispatches]
 * @property {number} [submits]
 * @property {number | null} [host_ms]  Until all of it had been asked of WebGPU.
 * @property {number | null} [wasm_bytes]
 */

/**
 * @typedef {object} Run  What one peer did at one job.
 * @property {number} open_ms  From the start of the program or page to the first step.
 * @property {number | null} threads
 * @property {string} [device]  The device as the library names it.
 * @property {string} [version]
 * @property {Step[]} steps  Those of the warm-up first.
 * @property {number | null} peak_bytes
 */

/**
 * @param {Peer} peer
 * @param {Job} job
 * @param {{engine: string, python: string | null, patience: number}} context  Seconds of patience.
 * @returns {Promise<Run>}
 */
export async function run(peer, job, { engine, python, patience }) {
  const given = JSON.stringify({ ...job, sizes: SHAPES[job.shape] });
  const threads = String(peer.threads ?? 0);
  if (peer.runs === "native") {
    const device = peer.device === "GPU" ? "gpu" : "cpu";
    return lines(engine, [given, device], { RAYON_NUM_THREADS: threads }, patience);
  }
  const script = fileURLToPath(new URL("./peers/pytorch.py", import.meta.url));
  const device = peer.device === "GPU" ? "cuda" : "cpu";
  return lines(python ?? "python3", [script, given, threads, device], {}, patience);
}

/**
 * @param {string} program
 * @param {string[]} words
 * @param {NodeJS.ProcessEnv} env
 * @param {number} patience
 * @returns {Promise<Run>}
 */
async function lines(program, words, env, patience) {
  const child = spawn(program, words, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let late = false;
  let complaint = "";
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, 1000 * patience);
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  child.stderr.on("data", (text) => (complaint += text));
  /** @type {Run} */
  const run = { open_ms: 0, threads: null, steps: [], peak_bytes: null };
  let used = cpuSeconds();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    const now = cpuSeconds();
    if ("loss" in event) {
      run.steps.push({ ...event, cpu_s: now !== null && used !== null ? now - used : null });
    } else Object.assign(run, event);
    used = now;
  });
  const code = await ended.finally(() => clearTimeout(timer));
  if (late) throw new Error(`It took longer than ${patience} s.`);
  if (code !== 0) throw new Error(complaint.trim().split("\n").at(-1) || `It ended with exit code ${code}.`);
  return run;
}
