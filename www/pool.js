// The threads of the engine: workers of its worker, in the same memory.

import { startWorker } from "./trusted.js";

/**
 * @typedef {import("./pkg/threads/tabtune.js")} ThreadsModule
 * @typedef {{script: string, compiled: WebAssembly.Module, memory: unknown}} Start  What a thread is sent first.
 * @typedef {{ready: true}|{failed: string}} FirstWord  What it answers.
 */

/**
 * Makes the calling worker and `threads` − 1 others the pool that the engine computes on.
 *
 * @param {string} script  Address of the module's JavaScript.
 * @param {ThreadsModule} module
 * @param {WebAssembly.Module} compiled  Compiled once for all of them.
 * @param {number} threads
 */
export async function startPool(script, module, compiled, threads) {
  const workers = Array.from({ length: threads - 1 }, startThread);
  const start = { script, compiled, memory: module.pool_memory() };
  try {
    await Promise.all(workers.map((worker) => ready(worker, start)));
    module.start_pool(threads);
  } catch (thrown) {
    for (const worker of workers) worker.terminate();
    throw thrown;
  }
}

/** Under the name of the engine's worker, which is its alarm. */
export function startThread() {
  return startWorker(new URL("./thread.js", import.meta.url).href, self.name);
}

/** @param {Worker} worker @param {Start} start @returns {Promise<void>} */
function ready(worker, start) {
  return new Promise((resolve, reject) => {
    const failed = (/** @type {string} */ cause) => reject(new Error(cause));
    worker.addEventListener("error", (event) => failed(event.message || "a thread could not be loaded"));
    worker.addEventListener("message", ({ data }) => ("failed" in data ? failed(data.failed) : resolve()));
    worker.postMessage(start);
  });
}
