// How many rows there are, and how often each label occurs, on either side of the split, as bars with their numbers.

import { fill, h, show } from "../dom.js";
import { count, counted } from "../format.js";
import { visible } from "../visible.js";

/** Labels that are drawn at once; a table with more is told so. */
const MOST_SHOWN = 30;

export function classCounts() {
  const title = h("h3", {});
  const summary = h("p", { id: "data-summary", class: "hint" });
  const list = h("ul", { id: "class-counts", class: "classes", role: "list" });
  const legend = h(
    "p",
    { class: "legend", "aria-hidden": "true" },
    h("span", {}, h("span", { class: "swatch train" }), " train"),
    h("span", {}, h("span", { class: "swatch validation" }), " validation"),
  );
  const element = h("div", { class: "stack tight" }, h("div", { class: "title-row" }, title, legend), summary, list);

  /** @param {import("../protocol.js").DatasetInfo|null} dataset */
  function update(dataset) {
    show(element, dataset !== null);
    if (!dataset) return;
    const labelled = dataset.classes.length > 0;
    // Tags are counted by word or by entity, not by row.
    title.textContent = !labelled
      ? "Rows"
      : dataset.task === "tokens"
        ? "How often each label occurs"
        : "Rows per label";
    show(legend, labelled);
    show(list, labelled);
    const labels = labelled ? `, ${counted(dataset.classes.length, "label")}` : "";
    summary.textContent = `${counted(dataset.train, "row")} to train on, ${counted(dataset.validation, "row")} to validate with${labels}.${lengthsOf(dataset)}`;
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

/** How long texts are, once a tokenizer has counted. @param {import("../protocol.js").DatasetInfo} dataset */
function lengthsOf({ mean_tokens: mean, longest_tokens: longest, counted_to: most }) {
  if (mean === null || longest === null) return "";
  const [least, over] = most === null ? ["", ""] : ["at least ", "more than "];
  // Texts are counted to the first token too many, so that their mean may come out above what is told of the longest.
  return ` Texts have ${least}${count(Math.min(mean, longest))} tokens on average, the longest ${over}${count(longest)}.`;
}
