// The row of step 4 with the big button, what still stands in its way, and during a run pause, resume and stop.

import { h, show } from "../dom.js";
import { keepFocus } from "../focus.js";
import { counted } from "../format.js";
import { isBusyTraining, obstacle } from "../standing.js";
import { toKnow } from "../used.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 */

/** @param {Actions} actions */
export function runControls(actions) {
  const why = h("p", { id: "train-obstacle", class: "hint" });
  const train = h(
    "button",
    {
      id: "train",
      type: "button",
      class: "primary large",
      "aria-describedby": "train-obstacle",
      onclick: actions.train,
    },
    "Train",
  );
  const pause = h("button", { id: "pause", type: "button", onclick: actions.pause }, "Pause");
  const resume = h("button", { id: "resume", type: "button", class: "primary", onclick: actions.resume }, "Resume");
  const stop = h("button", { id: "stop", type: "button", onclick: actions.stop }, "Stop and keep the best");
  const onward = h("a", { id: "see-result", class: "button primary large", href: "#result" }, "Try and download it");
  const element = h("div", { class: "row controls" }, onward, train, pause, resume, stop, why);

  /** @param {State} state */
  function draw(state) {
    const { status } = state.run;
    const on = isBusyTraining(state);
    const reason = on ? null : obstacle(state);
    show(train, !on);
    const finished = status === "done";
    show(onward, finished);
    train.classList.toggle("primary", !finished);
    show(pause, on && status !== "paused");
    show(resume, status === "paused");
    show(stop, on);
    // Not disabled but explained, so that the button can be found and asked why it does nothing.
    train.setAttribute("aria-disabled", String(reason !== null));
    const { kind, runs } = state.several;
    const several = kind !== "one" && runs !== null ? ` ${counted(runs, "run")}` : "";
    train.textContent = status === "done" || status === "failed" ? `Train${several} again` : `Train${several}`;
    pause.disabled = status !== "running";
    stop.disabled = status === "stopping" || status === "starting";
    why.textContent = on ? "" : (reason ?? toKnow(state));
    show(why, why.textContent !== "");
  }

  const drawn = keepFocus(element);
  /** @type {State["run"]|null} */
  let before = null;

  /** Focus stays in the row when the button that had it gives way to another, at once or a little later. @param {State} state */
  function update(state) {
    // What was refused before it began is tried again, once it is corrected.
    const refused = before?.status === "starting" && before.begun === state.run.begun && !isBusyTraining(state);
    before = state.run;
    const heirs = [onward, resume, pause, train];
    drawn(
      () => draw(state),
      () => (refused ? [train, ...heirs] : heirs),
    );
  }

  return { element, update };
}
