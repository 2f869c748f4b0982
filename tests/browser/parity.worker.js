// Runs the parity tests of one module in a worker, where the page has its engine, too: threads must be able to wait.
import { startPool } from "../../www/pool.js";

const port = /** @type {{postMessage(message: {thrown: string|null}): void}} */ (globalThis);

/**
 * What the module takes files of tests/fixtures from, which it reads in the midst of its work: so the worker waits for them.
 *
 * @param {string} name
 * @returns {Uint8Array|undefined}
 */
function fetchFixture(name) {
  const request = new XMLHttpRequest();
  request.open("GET", new URL(`../fixtures/${name}`, import.meta.url), false);
  request.responseType = "arraybuffer";
  request.send();
  return request.status === 200 ? new Uint8Array(request.response) : undefined;
}
Object.assign(globalThis, { fetchFixture });

/** @param {string} build @param {"gpu"|"cpu"} device @param {number} threads @param {string|null} family Null for BERT's training. */
async function run(build, device, threads, family) {
  const script = new URL(`../../${build}/parity.js`, import.meta.url).href;
  const module = await import(script);
  const compiled = await WebAssembly.compileStreaming(fetch(new URL(`../../${build}/parity_bg.wasm`, import.meta.url)));
  await module.default({ module_or_path: compiled });
  if (build === "threads" || build === "relaxed") await startPool(script, module, compiled, threads);
  if (family === null) await module.bert(device);
  else if ((await module.family(device, family)) === 0) throw new Error(`nothing is known of ${family}`);
}

addEventListener("message", async ({ data: { build, device, threads, family } }) => {
  try {
    await run(build, device, threads, family);
    port.postMessage({ thrown: null });
  } catch (thrown) {
    port.postMessage({ thrown: String(thrown) });
  }
});
