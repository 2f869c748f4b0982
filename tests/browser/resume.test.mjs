// A run that is written down while it goes on in one worker, and gone on with in another: the same losses and weights.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/**
 * Runs in the page, on clients of its own.
 *
 * @param {{files: Record<string, string>, csv: string, other: string}} given  Base64.
 */
async function interrupted({ files, csv, other }) {
  const address = new URL("client.js", document.baseURI).href;
  const { createClient } = /** @type {typeof import("../../www/client.js")} */ (await import(address));
  const bytes = (/** @type {string} */ text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  /** @param {string} [of] A table, in base64. */
  async function ready(of = csv) {
    /** @type {any[]} */
    const events = [];
    let end = () => {};
    const over = new Promise((resolve) => (end = () => resolve(null)));
    const client = createClient({
      onEvent(event) {
        events.push(event);
        if (event.type === "done" || event.type === "failed") end();
      },
      onDead(mistake) {
        events.push(mistake);
        end();
      },
    });
    await client.startDevice("cpu");
    const model = {
      config: bytes(files["config.json"]),
      tokenizer: bytes(files["tokenizer.json"]),
      weights: bytes(files["model.safetensors"]),
    };
    await client.openModel(model, "tiny");
    const asFound = { worksheet: null, header: null, delimiter: null, encoding: null };
    const table = await client.openTable(new Blob([bytes(of)]), "fruit.csv", asFound);
    if (table) await client.mapColumns(table.mapping);
    return { client, events, over };
  }

  const losses = (/** @type {any[]} */ events) => events.filter(({ type }) => type === "step").map(({ loss }) => loss);
  const weights = async (/** @type {Awaited<ReturnType<typeof ready>>["client"]} */ client) => {
    const exported = await client.exportFiles("tiny");
    const found = exported.find(({ path }) => path === "model.safetensors");
    return found ? Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", found.bytes))) : [];
  };

  const first = await ready();
  const { defaults } = await first.client.recipeFields();
  const recipe = { ...defaults, epochs: 12, batch_size: 4, learning_rate: 0.005 };
  const started = await first.client.start(recipe);
  // While it runs: the answer comes between two pulls.
  const { bytes: checkpoint, info } = await first.client.checkpoint();
  await first.over;
  const expected = { losses: losses(first.events), weights: await weights(first.client) };

  const stranger = await ready(other);
  const counted = { before: 0, after: 0 };
  const strange = await stranger.client
    .resumeRun(checkpoint.slice(), () => (counted.before += 1))
    .catch((mistake) => mistake);
  // There was something to count, and it would have been told.
  await stranger.client.countTokens(() => (counted.after += 1));

  const second = await ready();
  const torn = checkpoint.slice(0, checkpoint.length - 9);
  const refused = await second.client.resumeRun(torn).catch((mistake) => mistake);
  const told = await second.client.checkpointInfo(checkpoint);
  const resumed = await second.client.resumeRun(checkpoint);
  await second.over;
  const got = { losses: losses([...resumed.events, ...second.events]), weights: await weights(second.client) };
  return {
    started,
    info,
    told,
    strange,
    counted,
    refused,
    resumed: resumed.info,
    before: resumed.events.length,
    expected,
    got,
    left: checkpoint.length,
  };
}

test(
  "a run is written down while it goes on, and goes on in another worker to the same end",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await site.open({ device: "cpu" });
    const files = Object.fromEntries(
      modelFiles("tiny-bert").map(({ name, buffer }) => [name, buffer.toString("base64")]),
    );
    // The other one has more rows than are counted on the way.
    const [csv, other] = [60, 1600].map((rows) => file("fruit.csv", table(rows)).buffer.toString("base64"));
    const found = await page.evaluate(interrupted, { files, csv, other });
    const { started, info, told, strange, counted, refused, resumed, before, expected, got, left } = found;
    assert.deepEqual(resumed, started);
    assert.deepEqual(told, info);
    assert.ok(info.step < info.total_steps && before >= info.step, `${before} events and ${info.sentence}`);
    assert.match(strange.message, /learns from other data: the rows of .*fruit\.csv/);
    assert.equal(counted.before, 0, "refused before tokens were counted");
    assert.ok(counted.after > 0, "tokens were left to count");
    assert.equal(refused.kind, "file");
    assert.match(refused.message, /damaged or not whole/);
    assert.equal(expected.losses.length, info.total_steps);
    assert.deepEqual(got, expected);
    assert.equal(left, 0, "the bytes were handed over");
    assert.deepEqual(errors, []);
    await close();
  },
);
