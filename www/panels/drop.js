// The whole window as a place to drop files: a table, or the files or folder of a model.

import { h, reveal, show } from "../dom.js";
import { fromDrop } from "../intake.js";
import { isBusyTraining } from "../standing.js";

/** @param {import("../actions.js").Actions} actions */
export function dropTarget(actions) {
  const words = h("p", {}, "Drop a table or a model’s files");
  const element = h("div", { id: "drop", class: "drop-veil", "aria-hidden": "true" }, words);
  show(element, false);

  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(element, true);
  });
  /** What the pointer entered last. @type {EventTarget|null} */
  let entered = null;
  addEventListener("dragenter", (event) => void (entered = event.target));
  addEventListener("dragleave", (event) => {
    // No related element: the pointer left the window, not one element for another. Until 2026 Safari named none either way, but
    // says that the next one is entered before it says that this one is left.
    const outside = event.target === entered || event.target === window;
    if (event.relatedTarget === null && outside) show(element, false);
  });
  addEventListener("drop", async (event) => {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    show(element, false);
    const found = await fromDrop(event.dataTransfer).catch(() => []);
    const taker = await actions.take(found);
    // The drop may have been anywhere, and far from what it comes to.
    const mistake = document.getElementById(`${taker}-error`);
    if (mistake && !mistake.hidden) reveal(mistake);
  });

  /** @param {import("../state.js").State} state */
  function update(state) {
    words.textContent = isBusyTraining(state)
      ? "Stop the run before opening other files"
      : "Drop a table or a model’s files";
  }

  return { element, update };
}
