// The progress rail: the five steps, which are done, and which is next.

import { h } from "../dom.js";
import { hasData, mistakesShown, phase } from "../standing.js";

/** @typedef {import("../state.js").State} State */

/** @type {[string, string][]} */
const STEPS = [
  ["model", "Model"],
  ["data", "Data"],
  ["recipe", "Hyperparameters"],
  ["training", "Training"],
  ["result", "Result"],
];

export function rail() {
  const links = STEPS.map(([id, title], index) => {
    const dot = h("span", { class: "dot", "aria-hidden": "true" }, String(index + 1));
    const note = h("span", { class: "visually-hidden" });
    const link = h("a", { href: `#${id}` }, dot, h("span", { class: "rail-title" }, title), note);
    return { link, dot, note };
  });
  const element = h(
    "nav",
    { class: "rail", "aria-label": "Steps" },
    h("ol", {}, ...links.map(({ link }) => h("li", {}, link))),
  );

  /** @param {State} state */
  function update(state) {
    const done = doneSteps(state);
    const current = done.indexOf(false);
    links.forEach(({ link, dot, note }, index) => {
      link.className = done[index] ? "done" : "";
      dot.textContent = done[index] ? "✓" : String(index + 1);
      note.textContent = done[index] ? ", done" : "";
      if (index === current) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
  }

  return { element, update };
}

/** @param {State} state @returns {boolean[]} */
function doneSteps(state) {
  const trained = phase(state) === "trained";
  const recipe = state.recipe.fields.length > 0 && mistakesShown(state).length === 0;
  return [state.model.info !== null, hasData(state.data), recipe, trained, state.result.saved !== null];
}
