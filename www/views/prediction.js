// What a model says, shown as its task needs it.

import { h } from "../dom.js";
import { figure, percent } from "../format.js";
import { between } from "../spans.js";
import { cosine, cutWords } from "../trial.js";
import { visible } from "../visible.js";
import { bars } from "./bars.js";
import { chips } from "./chips.js";
import { colorsOf, legendOf, markedText } from "./marked.js";
import { nameHead } from "./names.js";

/**
 * @typedef {import("../protocol.js").Prediction} Prediction
 * @typedef {import("../outcome.js").Answered} Answered
 * @typedef {Pick<import("../trial.js").Trial, "labels"|"threshold">} Known  Labels in order, and from where on one is given.
 */

/** @param {Answered} answered @param {Known} known @returns {HTMLElement[]} */
export function predictionView(answered, known) {
  const cut = cutWords(answered.cut, "texts");
  return [...saidView(answered, known), ...(cut ? [hint(cut)] : [])];
}

/** @param {Answered} answered @param {Known} known @returns {HTMLElement[]} */
function saidView({ task, predictions }, known) {
  const [first, second] = /** @type {any[]} */ (predictions);
  if (!first) return [hint("The model had nothing to say.")];
  switch (task) {
    case "classification":
      return labelView(first);
    case "multi_label":
      return labelsView(first, known);
    case "regression":
      return [said(first, [" scores ", strong(figure(first.score))])];
    case "tokens":
      return tokensView(first, known);
    case "answers":
      return answerView(first);
    case "embedding":
      return second ? similarityView(first, second) : [hint("Two texts are needed to compare them.")];
    case "language":
      return masksView(first);
  }
}

/** @param {import("../protocol.js").LabelPrediction} prediction */
function labelView(prediction) {
  const verdict = [" is ", strong(visible(prediction.label, 80))];
  return [said(prediction, verdict), ...bars(Object.entries(prediction.scores), (_, place) => place === 0)];
}

/** @param {import("../protocol.js").LabelsPrediction} prediction @param {Known} known */
function labelsView(prediction, { threshold }) {
  const given = new Set(prediction.labels);
  return [
    said(prediction, []),
    h("p", { class: "given" }, chips(prediction.labels, "No label fits.")),
    ...bars(Object.entries(prediction.scores), (name) => given.has(name)),
    threshold !== null && hint(`A label is given from ${percent(threshold, 0)} on.`),
  ].filter((part) => part !== false);
}

/** @param {import("../protocol.js").TokensPrediction} prediction @param {Known} known */
function tokensView({ text, tokens, entities }, { labels }) {
  // Tags that tell no entities, such as parts of speech, are shown word by word.
  const plain = tokens.filter(({ label }) => label !== "O" && !/^[BIESULM]-/u.test(label));
  const marked = entities.length > 0 ? entities : plain;
  const colors = colorsOf(labels, marked);
  const none = marked.length === 0 && hint("Nothing is marked in this text.");
  return [
    markedText(text, marked, colors),
    none || legendOf(marked, colors),
    ...(none ? [] : [markedList(text, marked)]),
  ];
}

/** @param {string} text @param {import("../protocol.js").MarkedSpan[]} marked */
function markedList(text, marked) {
  const rows = marked.map(({ start, end, label, score }) =>
    h(
      "tr",
      {},
      nameHead("row", between(text, start, end), 80),
      h("td", { dir: "auto", text: visible(label, 40) }),
      h("td", {}, percent(score)),
    ),
  );
  const heads = ["Words", "Label", "Probability"].map((words) => h("th", { scope: "col" }, words));
  return h(
    "details",
    { class: "more" },
    h("summary", {}, "As a list"),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Marked words" },
      h("table", { class: "numbers-table" }, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)),
    ),
  );
}

/** @param {import("../protocol.js").AnswerPrediction} prediction */
function answerView({ question, context, answer, start, end, score }) {
  const found = end > start;
  const words = found ? strong(visible(answer, 240)) : h("span", {}, "This text holds no answer.");
  const span = found ? [{ start, end, label: "answer" }] : [];
  return [
    h("p", { class: "said" }, h("q", { dir: "auto", text: visible(question, 240) })),
    h("p", { class: "verdict" }, words),
    markedText(context, span, colorsOf(["answer"], []), { named: false }),
    hint(`Probability ${percent(score)}`),
  ];
}

/** @param {import("../protocol.js").VectorPrediction} one @param {import("../protocol.js").VectorPrediction} other */
function similarityView(one, other) {
  const alike = cosine(one.vector, other.vector);
  if (!Number.isFinite(alike)) return [hint("One of the texts has no vector to compare.")];
  return [
    h(
      "p",
      { class: "said" },
      h("q", { dir: "auto", text: visible(one.text, 160) }),
      " and ",
      h("q", { dir: "auto", text: visible(other.text, 160) }),
    ),
    h("p", { class: "verdict" }, "Cosine similarity ", strong(figure(alike))),
    hint(`From −1 to 1; 1 means the same. Each text became ${one.vector.length} numbers.`),
  ];
}

/** @param {import("../protocol.js").MasksPrediction} prediction */
function masksView({ text, masks }) {
  if (masks.length === 0) return [hint("No word is hidden in this text. Write [MASK] in place of one.")];
  const spans = masks.map(({ start, end }, place) => ({ start, end, label: String(place + 1) }));
  return [
    markedText(text, spans, colorsOf([], []), { named: masks.length > 1 }),
    ...masks.flatMap(({ words }, place) => [
      h("p", { class: "label" }, masks.length > 1 ? `Hidden word ${place + 1}` : "Likeliest words"),
      ...bars(
        words.map(({ word, score }) => [word, score]),
        (_, rank) => rank === 0,
      ),
    ]),
  ];
}

/** The text, or both, and what is said of it. @param {{text: string, pair?: string|null}} prediction @param {import("../dom.js").Child[]} verdict */
function said({ text, pair }, verdict) {
  return h(
    "p",
    { class: "said" },
    h("q", { dir: "auto", text: visible(text, 160) }),
    typeof pair === "string" && " with ",
    typeof pair === "string" && h("q", { dir: "auto", text: visible(pair, 160) }),
    verdict.length > 0 && h("span", { class: "verdict" }, ...verdict),
  );
}

/** @param {string} words */
function strong(words) {
  return h("strong", { dir: "auto", text: words });
}

/** @param {string} words */
function hint(words) {
  return h("p", { class: "hint" }, words);
}
