// The notice that the engine died: what happened, what is kept, and the button that starts it again.

import { h, show } from "../dom.js";

/** @param {import("../actions.js").Actions} actions */
export function workerNotice(actions) {
  const words = h("p", { id: "worker-error" });
  const revive = h(
    "button",
    { id: "revive", type: "button", class: "primary", onclick: actions.revive },
    "Start the engine again",
  );
  const element = h("div", { class: "notice", role: "alert" }, words, revive);

  /** @param {import("../state.js").State} state */
  function update(state) {
    if (state.dead) words.textContent = state.dead.message;
    show(element, state.dead !== null);
  }

  return { element, update };
}
