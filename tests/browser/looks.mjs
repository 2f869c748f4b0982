// What axe says of the page as it stands, light and dark, wide and narrow.
import assert from "node:assert/strict";
import axe from "axe-core";

/** @typedef {import("playwright-core").Page} Page */

const LOOKS = /** @type {const} */ ([
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "light", width: 360 },
  { colorScheme: "dark", width: 360 },
]);

/**
 * Asserts that axe finds nothing and that no look of the page is wider than its window.
 *
 * @param {Page} page
 * @param {string} state
 */
export async function isFine(page, state) {
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    const look = `${state}, ${colorScheme}, ${width} px`;
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (globalThis).axe.run();
      return violations.map((/** @type {any} */ violation) => [
        violation.id,
        violation.nodes.map((/** @type {any} */ node) => `${node.target}: ${node.failureSummary}`),
      ]);
    });
    assert.deepEqual(found, [], look);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${look}: the page is ${wide} px wide`);
  }
}
