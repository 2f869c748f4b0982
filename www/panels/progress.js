// How far long work is: a bar, the share in words, and the way to stop it.

import { h } from "../dom.js";
import { percent } from "../format.js";

/**
 * @param {string} id      Of the bar `id`-progress, of the button `id`-cancel.
 * @param {string} words   What the bar shows, for who does not see it.
 * @param {() => void} stop
 */
export function progressRow(id, words, stop) {
  const bar = h("progress", { id: `${id}-progress`, max: 1, "aria-label": words });
  const share = h("span", { class: "hint" });
  const cancel = h("button", { id: `${id}-cancel`, type: "button", onclick: stop }, "Cancel");

  /** @param {import("../protocol.js").Progress|null} progress  Nobody knows how far it is where there is no total. */
  function update(progress) {
    const done = progress?.total ? progress.done / progress.total : null;
    if (done === null) bar.removeAttribute("value");
    else bar.value = done;
    share.textContent = done === null ? "" : percent(done, 0);
  }

  return { element: h("div", { class: "row" }, bar, share, cancel), cancel, update };
}
