// The notice that the engine died: what happened, what is kept, and the button that starts it again.

import { diagnosticOf } from "../diagnostic.js";
import { h, show } from "../dom.js";

/** @param {import("../actions.js").Actions} actions */
export function workerNotice(actions) {
  const words = h("p", { id: "worker-error" });
  const revive = h(
    "button",
    { id: "revive", type: "button", class: "primary", onclick: actions.revive },
    "Start the engine again",
  );
  const text = h("pre", { id: "diagnostic", class: "scroll", tabindex: "0" });
  const copied = h("span", { class: "hint", role: "status" });
  async function copy() {
    await navigator.clipboard.writeText(text.textContent ?? "");
    copied.textContent = "Copied.";
  }
  const details = h(
    "details",
    { class: "more" },
    h("summary", {}, "For a report of this problem"),
    h("p", { class: "hint" }, "This says what stopped and on what machine. It holds nothing of your data."),
    text,
    h(
      "div",
      { class: "row" },
      h("button", { id: "copy-diagnostic", type: "button", onclick: copy }, "Copy diagnostic"),
      copied,
    ),
  );
  const element = h("div", { class: "notice", role: "alert" }, words, revive, details);

  /** As it was before the engine died: its end takes with it what a report needs. @type {import("../state.js").State|null} */
  let alive = null;

  /** @param {import("../state.js").State} state */
  function update(state) {
    if (!state.dead) alive = state;
    if (state.dead && words.textContent !== state.dead.message) {
      words.textContent = state.dead.message;
      text.textContent = diagnosticOf({ ...(alive ?? state), dead: state.dead }, navigator.userAgent);
      copied.textContent = "";
    }
    show(element, state.dead !== null);
  }

  return { element, update };
}
