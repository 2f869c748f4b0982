// The line that a new edition of the page is there, and that the page works without a network.

import { h, show } from "../dom.js";
import { holdOff, keepPage, takeUpdate } from "../offline.js";
import { isBusyTraining } from "../standing.js";

const READY =
  "A new edition of this page is here. It comes into use when all its tabs are closed, or now: what is open in this tab is then opened anew.";
const TRAINS = "Another tab with this page is training. The new edition comes into use when that is over.";

export function editionNotice() {
  const words = h("p", { id: "edition-words" }, READY);
  const take = h(
    "button",
    {
      id: "edition-take",
      type: "button",
      class: "quiet",
      onclick: async () => {
        if (!(await takeUpdate())) words.textContent = TRAINS;
      },
    },
    "Use it now",
  );
  const element = h("div", { id: "edition", class: "notice calm", role: "status", hidden: true }, words, take);
  const kept = h("span", { id: "kept", role: "status" });
  let waiting = false;
  let training = false;

  const draw = () => show(element, waiting && !training);
  void keepPage({
    onKept: () =>
      (kept.textContent =
        " It is kept in this browser and works without a network, too, with every encoder that was loaded to its end."),
    onUpdate: () => {
      waiting = true;
      draw();
    },
  });

  /** @param {import("../state.js").State} state */
  function update(state) {
    training = isBusyTraining(state);
    holdOff(training);
    draw();
  }

  return { element, kept, update };
}
