// The workers that have the engines: how one is started, and what is handed over to it rather than copied.

import { startWorker } from "./trusted.js";

/** Starts a worker with an engine. @returns {import("./client.js").WorkerLike} */
export function startEngine() {
  // A thread that fails leaves the worker waiting for it in vain, so it tells the page itself: on a channel of this name.
  const name = `tabtune-${Math.random().toString(36).slice(2)}`;
  const alarm = new BroadcastChannel(name);
  const worker = startWorker(new URL("./worker.js", import.meta.url).href, name);
  alarm.addEventListener("message", ({ data }) => worker.dispatchEvent(new MessageEvent("message", { data })));
  return {
    postMessage: worker.postMessage.bind(worker),
    addEventListener: worker.addEventListener.bind(worker),
    terminate() {
      alarm.close();
      worker.terminate();
    },
  };
}

/** @param {import("./protocol.js").ModelFiles} files @returns {Uint8Array[]} */
export function arraysOf({ modules = {}, ...files }) {
  return [...Object.values(files).flat(), ...Object.values(modules)];
}

/** @param {Uint8Array[]} arrays @returns {Transferable[]} */
export function buffersOf(arrays) {
  const buffers = arrays.map((array) => array.buffer);
  return /** @type {Transferable[]} */ ([...new Set(buffers)]);
}
