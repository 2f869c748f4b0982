// The table of epochs: what the model reached after each, and which was the best.

import { fill, h, show } from "../dom.js";
import { duration, loss } from "../format.js";
import { MOST_IN_TABLE, describe, scoreNames, showScore, titleOf } from "../scores.js";

/** @typedef {import("../protocol.js").ScoreWords} ScoreWords */

export function epochTable() {
  const rows = h("tbody", {});
  const head = h("tr", {});
  const table = h(
    "table",
    { id: "epochs", class: "numbers-table" },
    h("caption", { class: "visually-hidden" }, "Each epoch’s losses and scores"),
    h("thead", {}, head),
    rows,
  );
  const element = h(
    "div",
    { class: "stack tight" },
    h("h3", {}, "Epochs"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Epochs" }, table),
  );

  /** @param {import("../protocol.js").EpochEvent[]} epochs @param {ScoreWords[]} table */
  function update(epochs, table) {
    show(element, epochs.length > 0);
    const measured = epochs.find(({ validation }) => validation !== null)?.validation;
    const names = measured ? scoreNames(measured).slice(0, MOST_IN_TABLE) : [];
    const scores = names.map((name) => describe(table, name));
    const heads = ["Epoch", "Train loss", "Validation loss", ...scores.map(titleOf), "Time"];
    fill(head, ...heads.map((words) => h("th", { scope: "col" }, words)));
    fill(rows, ...epochs.map((epoch) => row(epoch, scores)));
  }

  return { element, update };
}

/** @param {import("../protocol.js").EpochEvent} epoch @param {ScoreWords[]} scores */
function row({ epoch, train_loss, validation, best, seconds }, scores) {
  // Without validation rows nothing says which is the best: the last one is kept.
  const tag = validation ? "best" : "kept";
  return h(
    "tr",
    { class: best ? "best" : "" },
    h("th", { scope: "row" }, String(epoch), best && h("span", { class: "tag" }, tag)),
    h("td", {}, loss(train_loss)),
    h("td", {}, validation ? loss(validation.loss) : "–"),
    ...scores.map((score) => h("td", {}, showScore(score, validation?.[score.name]))),
    h("td", {}, duration(seconds)),
  );
}
