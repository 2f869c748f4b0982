// A text with spans marked in it: each in the colour of its label and with the label's name, so that no one needs the
// colour; and the legend of those labels.

import { h } from "../dom.js";
import { excerpt, pieces } from "../spans.js";
import { visible } from "../visible.js";

/** Colours of styles/tasks.css; further labels share them, and are told apart by their names. */
export const COLORS = 8;

/** @typedef {{start: number, end: number, label: string}} Marked */

/**
 * The colour of each label: by its place among the known ones, then by appearance, so that it stays the same from text
 * to text.
 *
 * @param {string[]} known
 * @param {Marked[]} marked
 * @returns {Map<string, number>}
 */
export function colorsOf(known, marked) {
  const labels = new Set([...known, ...marked.map(({ label }) => label)]);
  return new Map([...labels].map((label, index) => [label, index % COLORS]));
}

/**
 * @param {string} text
 * @param {Marked[]} marked
 * @param {Map<string, number>} colors
 * @param {{limit?: number, around?: number, named?: boolean}} [options] `limit`: about so many characters, `around` which one, or
 *   else the first that is marked; `named`: false where one label needs no name.
 */
export function markedText(text, marked, colors, { limit = 2000, around, named = true } = {}) {
  const parts = excerpt(pieces(text, marked), limit, around).map((piece) => {
    const words = visible(piece.text);
    if (!piece.span) return words;
    const { label } = piece.span;
    const name = named && [" ", h("span", { class: "mark-name", text: visible(label, 24) })];
    return h("mark", { class: colorClass(colors.get(label)) }, words, ...(name || []));
  });
  return h("p", { class: "marked-text", dir: "auto" }, ...parts);
}

/** @param {Marked[]} marked @param {Map<string, number>} colors */
export function legendOf(marked, colors) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { label } of marked) counts.set(label, (counts.get(label) ?? 0) + 1);
  const entries = [...counts].map(([label, count]) =>
    h(
      "li",
      {},
      h("span", { class: `swatch ${colorClass(colors.get(label))}`, "aria-hidden": "true" }),
      h("bdi", { text: visible(label, 60) }),
      ` × ${count}`,
    ),
  );
  return h("ul", { class: "legend", role: "list", "aria-label": "Labels in this text" }, ...entries);
}

/** @param {number|undefined} color */
function colorClass(color) {
  return `kind kind-${color ?? 0}`;
}
