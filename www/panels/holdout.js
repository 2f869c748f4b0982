// The part of step 2's form that says which rows are held back for validation.

import { fill, h, show } from "../dom.js";
import { HELD, readHeld } from "../mapping.js";
import { visible } from "../visible.js";

/**
 * @typedef {import("../protocol.js").Mapping} Mapping
 * @typedef {import("../state.js").DataState} DataState
 */

/**
 * How rows are drawn, where it is not one by one.
 *
 * @type {Partial<Record<import("../protocol.js").Task, string>>}
 */
const DRAWN = {
  classification: "; every label keeps its proportion",
  answers: "; all questions on a context together, where there are enough contexts",
};

/** @param {() => void} change */
export function holdOut(change) {
  const split = h("select", { id: "map-split", "aria-describedby": "map-split-help", onchange: change });
  const share = numberField("map-share", "decimal", change);
  const seed = numberField("map-seed", "numeric", change);
  const shareHelp = h("p", { class: "hint", id: "map-share-help" });
  const shareField = field(
    "map-share",
    HELD.share,
    h("div", { class: "with-unit" }, share.input, h("span", { class: "unit" }, "% of rows")),
    shareHelp,
    share.error,
  );
  const seedField = field(
    "map-seed",
    HELD.seed,
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

    /** @param {Mapping} before */
    read(before) {
      const written = { share: share.input.value, seed: seed.input.value };
      return readHeld(written, split.value === "" ? null : split.value.slice(1), before);
    },

    /** @param {string[]} names */
    offer(names) {
      // "=" keeps a column's name apart from the random share.
      const columns = names.map((name) => h("option", { value: `=${name}` }, `Column ${visible(name, 40)}`));
      fill(split, h("option", { value: "" }, "A random share"), ...columns);
    },

    /** @param {Mapping} mapping @param {DataState["mistakes"]} mistakes @param {boolean} wrong  Whether the column is. */
    update(mapping, mistakes, wrong) {
      split.value = mapping.split === null ? "" : `=${mapping.split}`;
      markWrong(split, wrong);
      share.update(String(Number((mapping.validation_share * 100).toFixed(4))), mistakes.share ?? "");
      seed.update(String(mapping.seed), mistakes.seed ?? "");
      show(shareField, mapping.split === null);
      show(seedField, mapping.split === null);
      shareHelp.textContent = `Held back to measure${DRAWN[mapping.task] ?? ""}.`;
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
  const error = h("p", { id: `${id}-error`, class: "mistake", role: "alert", hidden: true });

  /** @param {string} value @param {string} mistake  What is written stays with it, to be corrected. */
  function update(value, mistake) {
    if (mistake === "") input.value = value;
    if (error.textContent !== mistake) error.textContent = mistake;
    show(error, mistake !== "");
    markWrong(input, mistake !== "");
  }

  return { input, error, update };
}

/** @param {HTMLElement} control @param {boolean} wrong */
export function markWrong(control, wrong) {
  if (wrong) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

/** @param {string} id @param {string} words @param {...Node} children */
export function field(id, words, ...children) {
  return h("div", { class: "field" }, h("label", { class: "label", for: id }, words), ...children);
}
