// The worker of tabtune.js: loads one of our modules, opens the job of the first message, and does a step for each other.
import { count, watch } from "./dispatches.js";

watch();
/** @type {any} */
let engine;
/** @type {WebAssembly.Memory} */
let memory;

/** @param {{job?: object, module: string}} message */
async function answer({ job, module }) {
  if (!job) {
    const loss = await engine.step();
    return { loss, count, memory: memory.buffer.byteLength };
  }
  const { built } = await import(`/engine/${module}/built.js`);
  if (!built) throw new Error("This module is not built here; tools/wasm-std.sh says what it needs.");
  const path = `/engine/${module}/engine.js`;
  const bindings = await import(path);
  const compiled = await WebAssembly.compileStreaming(fetch(`/engine/${module}/engine_bg.wasm`));
  ({ memory } = await bindings.default({ module_or_path: compiled }));
  if (module === "threads" || module === "relaxed") {
    memory = bindings.pool_memory();
    await startPool(bindings, compiled, path);
  }
  engine = await bindings.BenchEngine.open(JSON.stringify(job), module === "gpu" ? "gpu" : "cpu");
  return { threads: engine.threads() ?? null, device: engine.device() };
}

/**
 * A thread per core where the page is isolated, this one among them: each other is a worker in the same memory.
 *
 * @param {any} bindings
 * @param {WebAssembly.Module} compiled
 * @param {string} path Of the bindings.
 */
async function startPool(bindings, compiled, path) {
  // As many as the product takes (www/engine.js).
  const threads = crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 16) : 1;
  const ready = Array.from({ length: threads - 1 }, () => {
    const worker = new Worker("/thread.js", { type: "module" });
    worker.postMessage({ path, compiled, memory });
    return new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = ({ message }) => reject(new Error(message || "A thread could not be started."));
    });
  });
  // The pool waits for its threads without letting any worker start.
  await Promise.all(ready);
  bindings.start_pool(threads);
}

self.onmessage = ({ data }) =>
  answer(data).then(
    (result) => self.postMessage(result),
    (error) => self.postMessage({ error: String(error?.message ?? error) }),
  );
