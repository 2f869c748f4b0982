// The switch that keeps the screen on while a run is on.

import { h, show } from "../dom.js";

/** @param {import("../actions.js").Actions} actions */
export function awakeSwitch(actions) {
  const box = h("input", { id: "stay-awake", type: "checkbox", "aria-describedby": "stay-awake-help" });
  box.addEventListener("change", () => actions.stayAwake(box.checked));
  const element = h(
    "div",
    { class: "field" },
    h("label", { class: "switch", for: "stay-awake" }, box, "Keep the screen awake while training"),
    h("p", { id: "stay-awake-help", class: "hint" }, "A machine that goes to sleep stops training until it wakes up."),
  );

  /** @param {import("../state.js").State} state */
  function update({ awake }) {
    show(element, awake.able);
    if (box.checked !== awake.wanted) box.checked = awake.wanted;
  }

  return { element, update };
}
