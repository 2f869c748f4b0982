// The part of step 2's form that says which rows are held back for validation.

import { fill, h, show } from "../dom.js";
import { visible } from "../visible.js";

/** @typedef {import("../protocol.js").Mapping} Mapping */

const MOST_SHARE = 90;
const MAX_SEED = Number.MAX_SAFE_INTEGER;

/** @param {() => void} change */
export function holdOut(change) {
  const split = h("select", { id: "map-split", "aria-describedby": "map-split-help", onchange: change });
  const share = numberField("map-share", "decimal", change);
  const seed = numberField("map-seed", "numeric", change);
  const shareHelp = h("p", { class: "hint", id: "map-share-help" });
  const shareField = field(
    "map-share",
    "Validation share",
    h("div", { class: "with-unit" }, share.input, h("span", { class: "unit" }, "% of rows")),
    shareHelp,
    share.error,
  );
  const seedField = field(
    "map-seed",
    "Split seed",
    seed.input,
    h("p", { class: "hint", id: "map-seed-help" }, "The same seed holds back the same rows."),
    seed.error,
  );
  const splitField = field(
    "map-split",
    "Validation rows",
    split,
    h("p", { class: "hint", id: "map-split-help" }, "A random share, or a column that says train or validation."),
  );

  return {
    element: h("div", { class: "grid narrow" }, splitField, shareField, seedField),

    /** @returns {Pick<Mapping, "split"|"validation_share"|"seed">|null} Null, and said beside the field, if one is wrong. */
    read() {
      const shareValue = Number(share.input.value.replace(",", "."));
      const seedValue = Number(seed.input.value);
      const shareFits = share.input.value.trim() !== "" && shareValue >= 0 && shareValue <= MOST_SHARE;
      const seedFits = /^\d+$/u.test(seed.input.value.trim()) && seedValue <= MAX_SEED;
      share.say(shareFits ? "" : `A number from 0 to ${MOST_SHARE}; 10 is usual.`);
      seed.say(seedFits ? "" : "A whole number of 0 or more.");
      if (!shareFits || !seedFits) return null;
      const column = split.value === "" ? null : split.value.slice(1);
      return { split: column, validation_share: shareValue / 100, seed: seedValue };
    },

    /** @param {string[]} names */
    offer(names) {
      // "=" keeps a column's name apart from the random share.
      const columns = names.map((name) => h("option", { value: `=${name}` }, `Column ${visible(name, 40)}`));
      fill(split, h("option", { value: "" }, "A random share"), ...columns);
    },

    /** @param {Mapping} mapping */
    update(mapping) {
      split.value = mapping.split === null ? "" : `=${mapping.split}`;
      share.input.value = String(Number((mapping.validation_share * 100).toFixed(4)));
      seed.input.value = String(mapping.seed);
      share.say("");
      seed.say("");
      show(shareField, mapping.split === null);
      show(seedField, mapping.split === null);
      const proportion = mapping.task === "classification" ? "; every label keeps its proportion." : ".";
      shareHelp.textContent = `Held back to measure${proportion}`;
    },
  };
}

/** @param {string} id @param {"decimal"|"numeric"} mode @param {() => void} change */
function numberField(id, mode, change) {
  const input = h("input", {
    id,
    type: "text",
    inputmode: mode,
    "aria-describedby": `${id}-help ${id}-error`,
    onchange: change,
  });
  const error = h("p", { id: `${id}-error`, class: "mistake", hidden: true });

  /** @param {string} words */
  function say(words) {
    error.textContent = words;
    show(error, words !== "");
    if (words === "") input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
  }

  return { input, error, say };
}

/** @param {string} id @param {string} words @param {...Node} children */
export function field(id, words, ...children) {
  return h("div", { class: "field" }, h("label", { class: "label", for: id }, words), ...children);
}
