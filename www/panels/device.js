// The part of step 4 that says what the run uses, in words, and lets the user choose.

import { h, show, tell, whenChanged } from "../dom.js";
import { mistakeLine } from "./section.js";

/** @typedef {import("../state.js").DeviceState} DeviceState */

/** @param {import("../actions.js").Actions} actions */
export function deviceForm(actions) {
  const auto = h("option", { value: "auto" }, "Automatic");
  const gpu = h("option", { value: "gpu" });
  const cpu = h("option", { value: "cpu" }, "CPU (WebAssembly)");
  const select = h("select", { id: "device-select", "aria-describedby": "device-sentence" }, auto, gpu, cpu);
  select.addEventListener("change", () => actions.chooseDevice(/** @type {DeviceState["choice"]} */ (select.value)));
  const sentence = h("p", { id: "device-sentence", class: "hint", "aria-live": "polite" });
  const mistake = mistakeLine("device-error");
  const software = h("span", { id: "device-software", class: "tag warn" }, "software");
  const element = h(
    "div",
    { class: "device" },
    h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: "device-select" }, "Runs on"),
      h("div", { class: "row" }, select, software),
    ),
    sentence,
    mistake.element,
  );

  const drawChoices = whenChanged((/** @type {DeviceState["choices"]} */ choices) => {
    auto.textContent = choices ? `Automatic: ${choices.recommended === "gpu" ? "GPU" : "CPU"}` : "Automatic";
    gpu.textContent = choices?.gpu
      ? `GPU: ${choices.gpu.name}${choices.gpu.software ? " (software, slow)" : ""}`
      : "GPU: none found";
    // Where the page was told to use a GPU that is not there, the choice stays visible beside its mistake.
    gpu.disabled = choices !== null && choices.gpu === null;
  });

  /** @param {DeviceState} device @param {boolean} disabled */
  function update(device, disabled) {
    drawChoices(device.choices);
    select.value = device.choice;
    select.disabled = disabled || device.busy;
    show(software, device.info?.software === true);
    const why = device.choice === "auto" && device.choices ? `${device.choices.sentence} ` : "";
    tell(sentence, device.busy ? "Setting up…" : device.info ? `${why}${device.info.sentence}` : "");
    mistake.update(device.error);
  }

  return { element, update };
}
