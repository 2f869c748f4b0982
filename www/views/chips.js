// Labels as chips.

import { h } from "../dom.js";
import { visible } from "../visible.js";

/** Chips in a row; the rest are counted. */
const MOST_SHOWN = 12;

/** @param {string[]} labels @param {string} none  Said where there are none. */
export function chips(labels, none) {
  if (labels.length === 0) return h("span", { class: "hint" }, none);
  const rest = labels.length - MOST_SHOWN;
  return h(
    "span",
    { class: "chips" },
    ...labels.slice(0, MOST_SHOWN).map((label) => h("bdi", { class: "chip", text: visible(label, 60) })),
    rest > 0 && h("span", { class: "hint" }, `and ${rest} more`),
  );
}
