// Takes the model to JavaScript: a button, and how many bits its weights keep.

import { h } from "../dom.js";
import { rest } from "../focus.js";
import { PRECISIONS, onnxWords } from "../takeaway.js";

/** @typedef {import("../protocol.js").Precision} Precision */

/** @param {import("../actions.js").Actions} actions */
export function onnxForm(actions) {
  /** @type {import("../takeaway.js").Made|null} */
  let made = null;
  const options = PRECISIONS.map(([value, label]) => h("option", { value }, label));
  const select = h("select", { id: "onnx-precision", "aria-describedby": "onnx-words", onchange: tell }, ...options);
  const chosen = () => /** @type {Precision} */ (select.value);
  const button = h(
    "button",
    { id: "download-onnx", type: "button", onclick: () => actions.saveOnnx(chosen()) },
    "ONNX for JavaScript (.zip)",
  );
  const words = h("p", { id: "onnx-words", class: "hint" });
  const label = h("label", { class: "label", for: "onnx-precision" }, "Weights");
  const element = h("div", { class: "stack tight" }, h("div", { class: "row" }, button, label, select), words);

  function tell() {
    if (made) words.textContent = onnxWords(made, chosen());
  }

  return {
    element,

    /** @param {import("../takeaway.js").Made} now */
    describe(now) {
      made = now;
      tell();
    },

    /** @param {boolean} resting */
    rest(resting) {
      rest(button, resting);
    },
  };
}
