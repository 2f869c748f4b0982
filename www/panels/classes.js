// How many rows each label has, and how they are split, as bars with their numbers.

import { fill, h, show } from "../dom.js";
import { count, counted } from "../format.js";
import { visible } from "../visible.js";

/** Labels that are drawn at once; a table with more is told so. */
const MOST_SHOWN = 30;

export function classCounts() {
  const summary = h("p", { id: "data-summary", class: "hint" });
  const list = h("ul", { id: "class-counts", class: "classes" });
  const legend = h(
    "p",
    { class: "legend", "aria-hidden": "true" },
    h("span", {}, h("span", { class: "swatch train" }), " train"),
    h("span", {}, h("span", { class: "swatch validation" }), " validation"),
  );
  const element = h(
    "div",
    { class: "stack tight" },
    h("div", { class: "title-row" }, h("h3", {}, "Rows per label"), legend),
    summary,
    list,
  );

  /** @param {import("../protocol.js").DatasetInfo|null} dataset */
  function update(dataset) {
    show(element, dataset !== null);
    if (!dataset) return;
    const lengths =
      dataset.mean_tokens !== null && dataset.longest_tokens !== null
        ? ` Texts have ${count(dataset.mean_tokens)} tokens on average, the longest ${count(dataset.longest_tokens)}.`
        : "";
    summary.textContent = `${counted(dataset.train, "row")} to train on, ${counted(dataset.validation, "row")} to validate with, ${counted(dataset.classes.length, "label")}.${lengths}`;
    const most = Math.max(...dataset.classes.map(({ train, validation }) => train + validation), 1);
    const hidden = dataset.classes.length - MOST_SHOWN;
    fill(
      list,
      ...dataset.classes.slice(0, MOST_SHOWN).map((row) => bar(row, most)),
      hidden > 0 && h("li", { class: "hint" }, `and ${counted(hidden, "more label")}`),
    );
  }

  return { element, update };
}

/** @param {{label: string, train: number, validation: number}} row @param {number} most */
function bar({ label, train, validation }, most) {
  const stripe = (/** @type {string} */ kind, /** @type {number} */ rows) => {
    if (rows === 0) return null;
    const part = h("span", { class: `stripe ${kind}` });
    part.style.setProperty("--share", String(rows / most));
    return part;
  };
  return h(
    "li",
    {},
    h("span", { class: "name", dir: "auto", title: visible(label, 200), text: visible(label, 60) }),
    h("span", { class: "track", "aria-hidden": "true" }, stripe("train", train), stripe("validation", validation)),
    h(
      "span",
      { class: "numbers" },
      h("span", { class: "visually-hidden" }, "train "),
      count(train),
      " + ",
      h("span", { class: "visually-hidden" }, "validation "),
      count(validation),
    ),
  );
}
