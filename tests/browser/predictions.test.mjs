// The tiny classifier, opened through the page's own worker, says on each device what transformers says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { PATIENCE, startSite } from "./harness.mjs";
import { FIXTURES } from "./fixtures.mjs";

const { labels, cases } = JSON.parse(readFileSync(FIXTURES + "tiny-classifier/predictions.json", "utf8"));

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/**
 * Probabilities determine logits up to a constant, so both sides are centred before they are compared.
 *
 * @param {number[]} values
 */
function centred(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

for (const { device, tolerance } of /** @type {const} */ ([
  { device: "cpu", tolerance: 1e-5 },
  { device: "gpu", tolerance: 1e-4 },
])) {
  test(`logits on the ${device} are within ${tolerance} of the reference`, { timeout: PATIENCE }, async () => {
    const { page, errors, close } = await site.open({ device });
    const files = Object.fromEntries(
      [
        ["config", "config.json"],
        ["tokenizer", "tokenizer.json"],
        ["weights", "model.safetensors"],
        ["tokenizer_config", "tokenizer_config.json"],
      ].map(([key, name]) => [key, readFileSync(`${FIXTURES}tiny-classifier/${name}`).toString("base64")]),
    );
    const texts = cases.map((/** @type {{text: string}} */ one) => one.text);
    // The page's own face of its worker, in a worker of its own: what is tested is the engine, not the panels.
    const answer = await page.evaluate(
      async ({ device, files, texts }) => {
        const path = "/client.js";
        const { createClient } = await import(path);
        const client = createClient({ onEvent() {}, onDead() {} });
        const bytes = Object.entries(files).map(([key, base64]) => [
          key,
          Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)),
        ]);
        const { info } = await client.startDevice(device);
        await client.openModel(Object.fromEntries(bytes), "tiny-classifier");
        return { info, predictions: await client.predict({ texts, pairs: null }) };
      },
      { device, files, texts },
    );
    assert.equal(answer.info.kind, device);
    for (const [i, { text, label, logits }] of cases.entries()) {
      const prediction = answer.predictions[i];
      assert.equal(prediction.text, text);
      assert.equal(prediction.label, label);
      const found = centred(labels.map((/** @type {string} */ name) => Math.log(prediction.scores[name])));
      const far = Math.max(...centred(logits).map((value, k) => Math.abs(value - found[k])));
      assert.ok(far <= tolerance, `${JSON.stringify(text)}: logits are off by ${far}`);
    }
    assert.deepEqual(errors, []);
    await close();
  });
}
