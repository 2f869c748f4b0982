// The form of step 2: which column is the text, which the label, and what is held back for validation.

import { fill, h, show, whenChanged } from "../dom.js";
import { counted } from "../format.js";
import { visible } from "../visible.js";

/**
 * @typedef {import("../protocol.js").Mapping} Mapping
 * @typedef {import("../protocol.js").TableInfo} TableInfo
 */

const MOST_SHARE = 90;
const MAX_SEED = Number.MAX_SAFE_INTEGER;

/** @param {import("../actions.js").Actions} actions */
export function mappingForm(actions) {
  /** @type {Mapping|null} */
  let shown = null;
  const text = h("select", { id: "map-text", "aria-describedby": "map-text-help", onchange: change });
  const label = h("select", { id: "map-label", "aria-describedby": "map-label-help", onchange: change });
  const split = h("select", { id: "map-split", "aria-describedby": "map-split-help", onchange: change });
  const share = h("input", {
    id: "map-share",
    type: "text",
    inputmode: "decimal",
    "aria-describedby": "map-share-help map-share-error",
    onchange: change,
  });
  const seed = h("input", {
    id: "map-seed",
    type: "text",
    inputmode: "numeric",
    "aria-describedby": "map-seed-help map-seed-error",
    onchange: change,
  });
  const shareError = h("p", { id: "map-share-error", class: "mistake", hidden: true });
  const seedError = h("p", { id: "map-seed-error", class: "mistake", hidden: true });
  const textHelp = h("p", { class: "hint", id: "map-text-help" });
  const labelHelp = h("p", { class: "hint", id: "map-label-help" });
  const shareField = field(
    "map-share",
    "Validation share",
    h("div", { class: "with-unit" }, share, h("span", { class: "unit" }, "% of rows")),
    h("p", { class: "hint", id: "map-share-help" }, "Held back to measure; every label keeps its proportion."),
    shareError,
  );
  const seedField = field(
    "map-seed",
    "Split seed",
    seed,
    h("p", { class: "hint", id: "map-seed-help" }, "The same seed holds back the same rows."),
    seedError,
  );
  const element = h(
    "fieldset",
    { id: "mapping", class: "plain stack" },
    h(
      "div",
      { class: "grid" },
      field("map-text", "Text column", text, textHelp),
      field("map-label", "Label column", label, labelHelp),
    ),
    h(
      "div",
      { class: "grid narrow" },
      field(
        "map-split",
        "Validation rows",
        split,
        h("p", { class: "hint", id: "map-split-help" }, "A random share, or a column that says train or validation."),
      ),
      shareField,
      seedField,
    ),
  );

  function change() {
    if (!shown) return;
    const shareValue = Number(share.value.replace(",", "."));
    const seedValue = Number(seed.value);
    const shareFits = share.value.trim() !== "" && shareValue >= 0 && shareValue <= MOST_SHARE;
    const seedFits = /^\d+$/u.test(seed.value.trim()) && seedValue <= MAX_SEED;
    say(share, shareError, shareFits ? "" : `A number from 0 to ${MOST_SHARE}; 10 is usual.`);
    say(seed, seedError, seedFits ? "" : "A whole number of 0 or more.");
    if (!shareFits || !seedFits) return;
    actions.changeMapping({
      text: text.value,
      label: label.value,
      split: split.value === "" ? null : split.value.slice(1),
      validation_share: shareValue / 100,
      seed: seedValue,
    });
  }

  const drawOptions = whenChanged((/** @type {TableInfo|null} */ table) => {
    const names = table?.columns.map(({ name }) => name) ?? [];
    const options = () => names.map((name) => h("option", { value: name }, visible(name, 40)));
    fill(text, ...options());
    fill(label, ...options());
    // A column may have any name, the empty one included: "=" keeps it apart from the random share.
    fill(
      split,
      h("option", { value: "" }, "A random share"),
      ...names.map((name) => h("option", { value: `=${name}` }, `Column ${visible(name, 40)}`)),
    );
  });

  const drawValues = whenChanged((/** @type {TableInfo|null} */ table, /** @type {Mapping|null} */ mapping) => {
    shown = mapping;
    if (!table || !mapping) return;
    text.value = mapping.text;
    label.value = mapping.label;
    split.value = mapping.split === null ? "" : `=${mapping.split}`;
    share.value = String(Number((mapping.validation_share * 100).toFixed(4)));
    seed.value = String(mapping.seed);
    say(share, shareError, "");
    say(seed, seedError, "");
    show(shareField, mapping.split === null);
    show(seedField, mapping.split === null);
    textHelp.textContent = `What the model reads. ${about(table, mapping.text, "text")}`;
    labelHelp.textContent = `What it learns to tell. ${about(table, mapping.label, "label")}`;
  });

  /** @param {TableInfo|null} table @param {Mapping|null} mapping @param {boolean} disabled */
  function update(table, mapping, disabled) {
    drawOptions(table);
    drawValues(table, mapping);
    element.disabled = disabled;
  }

  return { element, update };
}

/** @param {TableInfo} table @param {string} name @param {"text"|"label"} role */
function about(table, name, role) {
  const column = table.columns.find((other) => other.name === name);
  if (!column) return "";
  const empty = column.empty > 0 ? `, ${column.empty} empty` : "";
  if (role === "label") return `${counted(column.distinct, "different value")}${empty}.`;
  return `About ${counted(column.mean_characters, "character")} each${empty}.`;
}

/** @param {HTMLInputElement} input @param {HTMLElement} line @param {string} words */
function say(input, line, words) {
  line.textContent = words;
  show(line, words !== "");
  if (words === "") input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
}

/** @param {string} id @param {string} words @param {...Node} children */
function field(id, words, ...children) {
  return h("div", { class: "field" }, h("label", { class: "label", for: id }, words), ...children);
}
