// The native parity tests, compiled for the browser: hidden states, every gradient and the losses of ten steps.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PATIENCE, startSite } from "./harness.mjs";

/** Where `make` puts the module of parity.rs. */
const FOLDER = fileURLToPath(new URL("../../target/parity", import.meta.url));

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite(FOLDER);
});
after(() => site.close());

for (const device of /** @type {const} */ (["cpu", "gpu"])) {
  test(`the numbers of PyTorch on the ${device}`, { timeout: PATIENCE }, async () => {
    const { page, errors, close } = await site.open({ device });
    const ran = page.evaluate(async (device) => {
      const path = "/parity.js";
      const { default: init, run } = await import(path);
      await init();
      await run(device);
    }, device);
    // A comparison that fails panics: the sentence is on the console, what is thrown says only that the module ended.
    await ran.catch((thrown) => assert.fail([...errors, String(thrown)].join("\n")));
    assert.deepEqual(errors, []);
    await close();
  });
}
