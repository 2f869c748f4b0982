// Names with their probabilities as bars, the likeliest first.

import { h } from "../dom.js";
import { percent } from "../format.js";
import { visible } from "../visible.js";

/** Names that are listed; the rest are less likely. */
const MOST_SHOWN = 12;

/**
 * @param {[string, number][]} scores  Name and share, from 0 to 1.
 * @param {(name: string, place: number) => boolean} isChosen  Those drawn in full colour.
 * @returns {HTMLElement[]}
 */
export function bars(scores, isChosen) {
  const ranked = [...scores].sort(([, left], [, right]) => right - left);
  const list = h(
    "ul",
    { class: "classes" },
    ...ranked.slice(0, MOST_SHOWN).map(([name, share], place) => {
      const stripe = h("span", { class: `stripe ${isChosen(name, place) ? "train" : "faint"}` });
      stripe.style.setProperty("--share", String(share));
      return h(
        "li",
        {},
        h("span", { class: "name", dir: "auto", title: visible(name, 200), text: visible(name, 60) }),
        h("span", { class: "track", "aria-hidden": "true" }, stripe),
        h("span", { class: "numbers" }, percent(share)),
      );
    }),
  );
  const rest = ranked.length - MOST_SHOWN;
  return rest > 0 ? [list, h("p", { class: "hint" }, `and ${rest} less likely`)] : [list];
}
