// What runs in the page of a bench: opens a peer, and does one step at a time for bench.mjs, which keeps the clock's log.
import { clock, count, watch } from "./dispatches.js";

/**
 * @typedef {object} Opened
 * @property {() => Promise<number>} step
 * @property {number | null} threads
 * @property {string} [device]
 * @property {number} [memory]
 * @property {typeof count} [count]  What it has asked of WebGPU, where it does so in a worker.
 */

watch();
/** @type {Opened} */
let peer;
const opened = performance.now();

/**
 * @param {string} library
 * @param {import("../work.js").Job} job
 * @param {object} how
 */
export async function open(library, job, how) {
  const path = `/${library}.js`;
  peer = await (await import(path)).open(job, how);
  const { threads, device } = peer;
  return { threads, device, open_ms: performance.now() - opened };
}

/** One step, timed here, where no message between processes is part of it. */
export async function step() {
  const counted = () => ({ ...(peer.count ?? count) });
  const before = counted();
  const start = clock();
  const loss = await peer.step();
  const ms = clock() - start;
  const { dispatches, submits, asked } = counted();
  return {
    ms,
    loss,
    dispatches: dispatches - before.dispatches,
    submits: submits - before.submits,
    host_ms: asked > start ? asked - start : null,
    wasm_bytes: peer.memory ?? null,
  };
}

/** The adapter that WebGPU gives, in words; null without any. */
export async function adapter() {
  const found = await navigator.gpu?.requestAdapter();
  if (!found) return null;
  const { vendor, architecture, device, description } = found.info;
  return [vendor, architecture, device, description].filter(Boolean).join(" ") || "unnamed adapter";
}
