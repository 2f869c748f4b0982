// The end of step 3: the run as the form says it, as a script for Python.

import { h, tell } from "../dom.js";
import { rest } from "../focus.js";
import { isBusyTraining, obstacle } from "../standing.js";
import { mistakeLine } from "./section.js";

const WORDS =
  "The same run as a script for transformers and accelerate: for many GPUs, or for far more rows. Your table stays with you.";

/** @param {import("../actions.js").Actions} actions */
export function pythonPart(actions) {
  const button = h(
    "button",
    { id: "save-python", type: "button", class: "quiet", onclick: save },
    "Continue in Python",
  );
  const words = h("p", { id: "python-words", class: "hint", role: "status" }, WORDS);
  const mistake = mistakeLine("python-error");
  const element = h("div", { class: "stack tight" }, h("div", { class: "row" }, button), words, mistake.element);
  let busy = false;
  let ready = false;

  async function save() {
    if (busy || !ready) return;
    busy = true;
    draw();
    mistake.update(null);
    tell(words, "Writing the script…");
    const { saved, error } = await actions.savePython();
    busy = false;
    tell(words, saved ? `${saved} was handed to your browser’s downloads. Its README.md says how to go on.` : WORDS);
    mistake.update(error);
    draw();
  }

  function draw() {
    rest(button, busy || !ready);
  }

  /** @param {import("../state.js").State} state */
  function update(state) {
    ready = obstacle(state) === null && !isBusyTraining(state);
    draw();
  }

  return { element, update };
}
