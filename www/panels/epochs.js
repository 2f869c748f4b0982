// The table of epochs: what the model reached after each, and which was the best.

import { fill, h, show } from "../dom.js";
import { duration, loss, percent } from "../format.js";

export function epochTable() {
  const rows = h("tbody", {});
  const head = ["Epoch", "Train loss", "Validation loss", "Accuracy", "Macro-F1", "Time"];
  const table = h(
    "table",
    { id: "epochs", class: "numbers-table" },
    h("caption", { class: "visually-hidden" }, "Each epoch's losses and scores"),
    h("thead", {}, h("tr", {}, ...head.map((words) => h("th", { scope: "col" }, words)))),
    rows,
  );
  const element = h(
    "div",
    { class: "stack tight" },
    h("h3", {}, "Epochs"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Epochs" }, table),
  );

  /** @param {import("../protocol.js").EpochEvent[]} epochs */
  function update(epochs) {
    show(element, epochs.length > 0);
    fill(rows, ...epochs.map(row));
  }

  return { element, update };
}

/** @param {import("../protocol.js").EpochEvent} epoch */
function row({ epoch, train_loss, validation, best, seconds }) {
  return h(
    "tr",
    { class: best ? "best" : "" },
    h("th", { scope: "row" }, String(epoch), best && h("span", { class: "tag" }, "best")),
    h("td", {}, loss(train_loss)),
    h("td", {}, validation ? loss(validation.loss) : "–"),
    h("td", {}, validation ? percent(validation.accuracy) : "–"),
    h("td", {}, validation ? percent(validation.macro_f1) : "–"),
    h("td", {}, duration(seconds)),
  );
}
