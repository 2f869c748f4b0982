// One thread of the engine: enters the memory that it is sent and works there until it is ended.

import { mistake } from "./mistake.js";

const port = /** @type {{postMessage(message: import("./pool.js").FirstWord): void}} */ (globalThis);

/** @param {unknown} thrown */
function words(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

addEventListener("message", async ({ data }) => {
  const { script, compiled, memory } = /** @type {import("./pool.js").Start} */ (data);
  /** @type {import("./pool.js").ThreadsModule} */
  let module;
  try {
    module = await import(script);
    module.initSync({ module: compiled, memory });
  } catch (thrown) {
    return port.postMessage({ failed: words(thrown) });
  }
  port.postMessage({ ready: true });
  try {
    module.join_pool();
  } catch (thrown) {
    // The engine waits for this thread and will never hear of it: the page has to.
    const error = mistake("worker", `A thread of the training engine stopped unexpectedly (${words(thrown)}).`);
    new BroadcastChannel(self.name).postMessage({ error });
  }
});
