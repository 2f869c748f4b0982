// What runs in the page of a bench: opens a peer, and does one step at a time for bench.mjs, which keeps the clock's log.
import { count, watch } from "./dispatches.js";

/** @typedef {{step: () => Promise<number>, threads: number|null, device?: string, memory?: number}} Opened */

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
  const before = { ...count };
  const start = performance.now();
  const loss = await peer.step();
  const ms = performance.now() - start;
  const { dispatches, submits } = count;
  return {
    ms,
    loss,
    dispatches: dispatches - before.dispatches,
    submits: submits - before.submits,
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
