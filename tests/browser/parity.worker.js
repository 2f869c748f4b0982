// Runs the parity tests of one module in a worker, where the page has its engine, too: threads must be able to wait.
import { startPool } from "../../www/pool.js";

const port = /** @type {{postMessage(message: {thrown: string|null}): void}} */ (globalThis);

/** @param {string} build @param {"gpu"|"cpu"} device @param {number} threads */
async function run(build, device, threads) {
  const script = new URL(`../../${build}/parity.js`, import.meta.url).href;
  const module = await import(script);
  const compiled = await WebAssembly.compileStreaming(fetch(new URL(`../../${build}/parity_bg.wasm`, import.meta.url)));
  await module.default({ module_or_path: compiled });
  if (build === "threads") await startPool(script, module, compiled, threads);
  await module.run(device);
}

addEventListener("message", async ({ data: { build, device, threads } }) => {
  try {
    await run(build, device, threads);
    port.postMessage({ thrown: null });
  } catch (thrown) {
    port.postMessage({ thrown: String(thrown) });
  }
});
