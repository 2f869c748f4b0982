// Takes the pictures of the page that the README shows: `make pictures`. Of the built-in example in training on the CPU, light
// and dark.
import { fileURLToPath } from "node:url";
import { startSite } from "../../tests/browser/harness.mjs";
import { reaches } from "../../tests/browser/user.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const site = await startSite();
const { page, close } = await site.open({ device: "cpu", encoder: true });
await page.emulateMedia({ reducedMotion: "reduce" });
await reaches(page, "model");
await page.locator("#load-example").click();
await reaches(page, "ready");
await page
  .locator("#suggestion")
  .filter({ hasText: /^Picked/ })
  .waitFor();
await page.locator('#train[aria-disabled="false"]').click();
// Curves say something once there are some epochs.
await page.waitForFunction(() => document.querySelectorAll("#epochs tbody tr").length >= 4);
for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.evaluate(() => document.querySelector("#training")?.scrollIntoView({ behavior: "instant" }));
  // Drawn once more in the other colours, charts as well.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.screenshot({ path: `${folder}page-${colorScheme}.png` });
}
await close();
await site.close();
