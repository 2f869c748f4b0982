// The colours of marked words: enough contrast for the text in them and for their names, in both themes; those of bars and
// curves stand out from what is under them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (/** @type {string} */ name) =>
  readFileSync(new URL(`../../www/styles/${name}.css`, import.meta.url), "utf8");

/** The custom properties of the light theme, and those that the dark one sets. @param {string} css */
function themes(css) {
  const [light, dark = ""] = css.split(/@media \(prefers-color-scheme: dark\)/u);
  const colors = (/** @type {string} */ part) =>
    Object.fromEntries([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6});/gu)].map(([, name, value]) => [name, value]));
  return { light: colors(light), dark: colors(dark) };
}

/** Relative luminance, as WCAG 2 defines it. @param {string} color */
function luminance(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} one @param {string} other */
function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((left, right) => right - left);
  return (high + 0.05) / (low + 0.05);
}

const base = themes(read("base"));
const tasks = themes(read("tasks"));

for (const theme of /** @type {const} */ (["light", "dark"])) {
  test(`marked words can be read in the ${theme} theme`, () => {
    const colors = { ...base[theme], ...tasks[theme] };
    for (let kind = 0; kind < 8; kind += 1) {
      const [tint, edge] = [colors[`kind-${kind}`], colors[`kind-${kind}-edge`]];
      assert.ok(contrast(colors.ink, tint) >= 7, `text in ${kind}`);
      assert.ok(contrast(edge, tint) >= 4.5, `name in ${kind}: ${contrast(edge, tint)}`);
      for (const ground of ["surface", "sunken"]) {
        assert.ok(contrast(edge, colors[ground]) >= 3, `edge of ${kind} on ${ground}`);
      }
    }
    assert.ok(contrast(colors.ink, colors.tint) >= 7, "chips");
  });

  test(`bars and curves stand out in the ${theme} theme`, () => {
    const colors = base[theme];
    for (const name of ["bar-train", "bar-validation", "chart-train", "chart-validation", "chart-rate"]) {
      for (const ground of ["surface", "sunken"]) {
        const found = contrast(colors[name], colors[ground]);
        assert.ok(found >= 3, `${name} on ${ground}: ${found}`);
      }
    }
  });
}
