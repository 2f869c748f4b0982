// The notice that a run was cut short, with what is there of it, and the buttons that let it go on.

import { h, onEscape, show, tell } from "../dom.js";
import { keepFocus } from "../focus.js";
import { ago, counted } from "../format.js";
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
  const discard = h("button", { id: "discard", type: "button", class: "quiet" }, "Discard");
  const row = h("div", { class: "row" }, cpu, onward, smaller, discard);
  /** The run that is asked about before it is discarded. @type {string|null} */
  let asking = null;
  /** @type {string|null} */
  let offered = null;
  const question = h("span", { id: "discard-words" });
  const sure = h("button", { id: "discard-sure", type: "button" }, "Discard");
  const keep = h(
    "button",
    { id: "discard-keep", type: "button", class: "quiet", "aria-describedby": "discard-words" },
    "Keep",
  );
  const asked = h("div", { class: "row", onkeydown: onEscape(() => ask(null)) }, question, sure, keep);
  const element = h(
    "section",
    { id: "going-on", class: "notice calm", "aria-labelledby": "continue-title" },
    title,
    words,
    row,
    asked,
  );
  discard.addEventListener("click", () => ask(offered));
  keep.addEventListener("click", () => ask(null));
  sure.addEventListener("click", () => {
    ask(null);
    actions.discard();
  });

  const buttons = [cpu, onward, smaller, discard];
  const drawn = keepFocus(element);

  /** @param {string|null} run */
  function ask(run) {
    asking = run;
    drawQuestion();
    (run === null ? discard : keep).focus();
  }

  /** Hours of work may be in what is kept: one click does not end it. */
  function drawQuestion() {
    const open = asking !== null && asking === offered;
    show(asked, open);
    show(row, !open);
  }

  /** @param {import("../state.js").State} state */
  function update(state) {
    const next = isBusyTraining(state) ? "training" : "projects-summary";
    drawn(
      () => draw(state),
      () => (element.hidden ? [document.getElementById(next)] : [keep, ...buttons]),
    );
  }

  /** @param {import("../state.js").State} state */
  function draw(state) {
    const { offer, busy, current } = state.projects;
    const shown = offer !== null && !state.dead && !isBusyTraining(state);
    show(element, shown);
    offered = shown ? offer.run : null;
    if (asking !== offered) asking = null;
    drawQuestion();
    if (!offer || !shown) return;
    tell(question, `Discard this run with its ${counted(offer.step, "step")}? This cannot be undone.`);
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
    for (const button of [...buttons, sure, keep]) button.disabled = busy !== null;
  }

  return { element, update };
}
