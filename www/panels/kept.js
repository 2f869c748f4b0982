// The line beside a run that says how well it is kept: its newest checkpoint, or why there is none.

import { h, show } from "../dom.js";
import { isBusyTraining, phase } from "../standing.js";
import { roomFor } from "../projects/trouble.js";
import { troubleNow } from "../projects/unkept.js";

export function keptLine() {
  const words = h("p", { id: "run-kept", class: "hint" });
  const trouble = h("p", { id: "storage-trouble", class: "callout", role: "status" });
  const element = h("div", { class: "stack tight" }, words, trouble);

  /** @param {import("../state.js").State} state */
  function update(state) {
    const on = isBusyTraining(state);
    const line = wordsOf(state, on);
    if (words.textContent !== line) words.textContent = line;
    show(words, line !== "");
    const ready = state.model.info !== null && state.data.dataset !== null;
    const trained = phase(state) === "trained";
    const why = on || ready || trained ? (troubleNow(state) ?? roomOf(state)) : null;
    if (trouble.textContent !== (why ?? "")) trouble.textContent = why ?? "";
    show(trouble, why !== null);
    show(element, line !== "" || why !== null);
  }

  return { element, update };
}

/** @param {import("../state.js").State} state */
function roomOf({ model, projects }) {
  return model.info && roomFor(projects.estimate, model.info.parameters);
}

/** @param {import("../state.js").State} state @param {boolean} on */
function wordsOf({ projects }, on) {
  const { kept, said } = projects;
  if (!on || !kept) return "";
  const note = said ? `${said} ` : "";
  const run = kept.of_search ? `run ${kept.of_search[0]}, ` : "";
  return `${note}Kept in this browser up to ${run}step ${kept.step}: if anything happens, training can go on from there.`;
}
