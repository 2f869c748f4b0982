// The default encoder that comes with the page learns in a few steps on the CPU.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { file, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { choose, drop, reaches, reads, train } from "./user.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

test("the default encoder opens by itself and its loss falls", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu", encoder: true });
  await reaches(page, "model");
  await reads(page, "#model-name", /all-MiniLM-L6-v2/);
  await drop(page, [file("fruit.csv", table(30))]);
  await reaches(page, "ready");
  await choose(page, { epochs: 3, batch_size: 8, learning_rate: 0.0002 });
  await train(page);
  const words = (await page.locator("#loss-chart").getAttribute("aria-label")) ?? "";
  const [, first, last] = /from ([\d.]+) at the start to ([\d.]+) at step/.exec(words) ?? [];
  assert.ok(Number(last) < 0.9 * Number(first), words);
  assert.deepEqual(errors, []);
  await close();
});
