// Step 5: try the trained model, and take it away.

import { h, show } from "../dom.js";
import { phase } from "../state.js";
import { rowsFor, trialOf } from "../trial.js";
import { visible } from "../visible.js";
import { mistakeLine, section } from "./section.js";
import { tryForm } from "./try.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 */

/** @param {Actions} actions */
export function resultPanel(actions) {
  const { element, body, stand } = section(5, "result", "Result", "Try your model, then take it with you.");
  const waiting = h("p", { class: "hint" }, "Your model appears here as soon as training ends.");
  const form = tryForm(actions);
  const weights = h(
    "button",
    { id: "download-weights", type: "button", onclick: actions.saveWeights },
    "Only the weights",
  );
  const zip = h(
    "button",
    { id: "download-zip", type: "button", class: "primary", onclick: actions.saveZip },
    "Download the model (.zip)",
  );
  const status = h("p", { id: "download-status", class: "hint", role: "status" });
  const mistake = mistakeLine("result-error");
  const take = h(
    "div",
    { class: "stack tight" },
    h("h3", {}, "Take it with you"),
    h("div", { class: "row" }, zip, weights),
    h(
      "p",
      { class: "hint" },
      "The zip is a folder that transformers loads: model.safetensors, config.json, the tokenizer and a report of this training.",
    ),
    status,
  );
  const about = h("p", { id: "result-subject", class: "subject" });
  const view = h("div", { class: "stack" }, about, form.element, take);
  body.append(waiting, view, mistake.element);

  /** @param {State} state */
  function update(state) {
    const trained = phase(state) === "trained";
    const { busy, saved, error, answered } = state.result;
    // A checkpoint that has a head already can be tried before it is trained.
    const trial = trialOf(state);
    show(waiting, trial === null);
    show(view, trial !== null);
    show(take, trained);
    show(about, trained && state.run.subject !== null);
    about.textContent = `${visible(state.run.subject?.model ?? "", 80)}, trained on ${visible(state.run.subject?.table ?? "", 80)}`;
    if (trial) form.update(trial, answered, busy, rowsFor(state.data, trial));
    weights.disabled = zip.disabled = busy !== null;
    const words =
      busy === "zip" || busy === "weights"
        ? "Packing the files…"
        : saved
          ? `${saved} was handed to your browser's downloads.`
          : "";
    if (status.textContent !== words) status.textContent = words;
    mistake.update(error);
    stand(saved ? "Downloaded" : "", saved !== null);
  }

  return { element, update };
}
