// The notice that a run was cut short, with what is there of it, and the buttons that let it go on.

import { h, show } from "../dom.js";
import { keepFocus } from "../focus.js";
import { ago } from "../format.js";
import { isBusyTraining } from "../standing.js";
import { visible } from "../visible.js";

/** From here on another try on the same GPU is not the first thing to offer. */
const MANY_LOSSES = 2;

const NO_GPU =
  "The GPU was lost, and the browser gives out none until it is started again. All that was saved is still there then.";

/** @param {import("../actions.js").Actions} actions */
export function continueNotice(actions) {
  const title = h("h2", { id: "continue-title" }, "Continue where it stopped");
  const words = h("p", { id: "continue-words" });
  const onward = h("button", { id: "continue", type: "button", class: "primary", onclick: actions.goOn }, "Continue");
  const cpu = h(
    "button",
    { id: "continue-cpu", type: "button", class: "primary", onclick: actions.goOnWithCpu },
    "Continue on the CPU",
  );
  const smaller = h(
    "button",
    { id: "start-smaller", type: "button", onclick: actions.startSmaller },
    "Start again with half the batch",
  );
  const discard = h("button", { id: "discard", type: "button", class: "quiet", onclick: actions.discard }, "Discard");
  const element = h(
    "section",
    { id: "going-on", class: "notice calm", "aria-labelledby": "continue-title" },
    title,
    words,
    h("div", { class: "row" }, cpu, onward, smaller, discard),
  );

  const buttons = [cpu, onward, smaller, discard];
  const drawn = keepFocus(element);

  /** @param {import("../state.js").State} state */
  function update(state) {
    const next = isBusyTraining(state) ? "training" : "projects-summary";
    drawn(
      () => draw(state),
      () => (element.hidden ? [document.getElementById(next)] : buttons),
    );
  }

  /** @param {import("../state.js").State} state */
  function draw(state) {
    const { offer, busy, current } = state.projects;
    const shown = offer !== null && !state.dead && !isBusyTraining(state);
    show(element, shown);
    if (!offer || !shown) return;
    const gone = offer.no_gpu === true || (offer.lost ?? 0) >= MANY_LOSSES;
    const run = offer.of_search ? `run ${offer.of_search[0]} of ${offer.of_search[1]}, ` : "";
    const where = `${run}step ${offer.step} of ${offer.total_steps}, saved ${ago(Date.now() - offer.saved)}`;
    const place = offer.id === current?.id ? " Training anew replaces it." : "";
    const what = `${visible(offer.table, 60)}, ${visible(offer.model, 60)}, ${where}.${place}`;
    const line = offer.no_gpu ? `${NO_GPU} ${what}` : gone ? `The GPU was lost twice. ${what}` : what;
    if (words.textContent !== line) words.textContent = line;
    show(cpu, gone);
    // On a GPU that is not there no batch is small enough.
    show(smaller, gone && !offer.no_gpu);
    onward.textContent = busy ? `${busy}…` : gone ? "Try the GPU again" : "Continue";
    onward.classList.toggle("primary", !gone);
    for (const button of buttons) button.disabled = busy !== null;
  }

  return { element, update };
}
