// The end of step 3: the run as the form says it, as a script for Python.

import { h, show, tell } from "../dom.js";
import { rest } from "../focus.js";
import { inWords } from "../recipe.js";
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
  const which = h("p", { id: "python-which", class: "hint" });
  const mistake = mistakeLine("python-error");
  const row = h("div", { class: "row" }, button);
  const element = h("div", { class: "stack tight" }, row, words, which, mistake.element);
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
    tell(which, oneOfSeveral(state));
    show(which, which.textContent !== "");
    draw();
  }

  return { element, update };
}

/** Which run the script makes where several are chosen; nothing where one is. @param {import("../state.js").State} state */
function oneOfSeveral({ several, recipe }) {
  const { kind, axes } = several;
  if (kind === "one") return "";
  const varied = kind === "seeds" ? ["seed"] : axes.map(({ field }) => field);
  const values = recipe.fields
    .filter(({ name }) => varied.includes(name))
    .map((field) => `${field.label} ${inWords(field, recipe.draft[field.name])}`);
  const those = values.length === 0 ? "" : `: ${values.join(", ")}`;
  return `It makes one run, with the values in the fields above${those}. What “Several runs” would try is not in it.`;
}
