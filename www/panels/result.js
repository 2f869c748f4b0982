// Step 5: try the trained model, and take it away.

import { h, show, whenChanged } from "../dom.js";
import { rest } from "../focus.js";
import { phase } from "../standing.js";
import { adapterWords, folderWords, hasAdapter, weightsLearnt } from "../takeaway.js";
import { rowsFor, trialOf } from "../trial.js";
import { visible } from "../visible.js";
import { measureForm } from "./measure.js";
import { missesForm } from "./misses.js";
import { onnxForm } from "./onnx.js";
import { mistakeLine, section } from "./section.js";
import { sheetForm } from "./sheet.js";
import { tryForm } from "./try.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 */

/** Tasks without right and wrong for each row. @type {Set<import("../protocol.js").Task>} */
const UNJUDGED = new Set(["embedding", "language"]);

/** @param {Actions} actions */
export function resultPanel(actions) {
  const { element, body, stand } = section(5, "result", "Result", "Try your model, then take it with you.");
  const waiting = h("p", { class: "hint" }, "Your model appears here as soon as training ends.");
  const form = tryForm(actions);
  const sheet = sheetForm(actions);
  const measure = measureForm(actions);
  const misses = missesForm(actions);
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
  const adapter = h(
    "button",
    { id: "download-adapter", type: "button", onclick: actions.saveAdapter },
    "Only the adapter (.zip)",
  );
  const inZip = h("p", { id: "download-words", class: "hint" });
  const inAdapter = h("p", { id: "adapter-words", class: "hint" });
  const onnx = onnxForm(actions);
  const status = h("p", { id: "download-status", class: "hint", role: "status" });
  const mistake = mistakeLine("result-error");
  const take = h(
    "div",
    { class: "stack tight" },
    h("h3", {}, "Take it with you"),
    h("div", { class: "row" }, zip, weights, adapter),
    inZip,
    inAdapter,
    onnx.element,
    status,
  );
  const about = h("p", { id: "result-subject", class: "subject" });
  const view = h("div", { class: "stack" }, about, form.element, sheet.element, measure.element, misses.element, take);
  body.append(waiting, view, mistake.element);

  const drawTake = whenChanged((/** @type {State["run"]["subject"]} */ subject) => {
    if (!subject) return;
    inZip.textContent = folderWords(subject);
    inAdapter.textContent = adapterWords(visible(subject.base, 80));
    show(weights, weightsLearnt(subject));
    show(adapter, hasAdapter(subject));
    show(inAdapter, hasAdapter(subject));
    onnx.describe(subject);
  });

  /** @param {State} state */
  function update(state) {
    const trained = phase(state) === "trained";
    const { busy, saved, error, answered } = state.result;
    const { subject } = state.run;
    // A checkpoint that has a head already can be tried before it is trained.
    const trial = trialOf(state);
    show(waiting, trial === null);
    show(view, trial !== null);
    show(take, trained);
    show(about, trained && subject !== null);
    about.textContent = `${visible(subject?.model ?? "", 80)}, trained on ${visible(subject?.table ?? "", 80)}`;
    drawTake(subject);
    if (trial) form.update(trial, answered, busy, rowsFor(state.data, trial));
    sheet.update(state.result.sheet, state.encodings);
    const { dataset } = state.data;
    const learnt = dataset?.info.task === trial?.task;
    const measured = state.result.measure.measured ? (state.result.measure.info?.name ?? null) : null;
    show(misses.element, trial !== null && (learnt || measured !== null) && !UNJUDGED.has(trial.task));
    const held_out = learnt && (dataset?.info.validation ?? 0) > 0;
    misses.update(state.result.misses, trial?.labels ?? [], { held_out, learnt, measured });
    measure.update(state.result.measure, state);
    for (const button of [weights, zip, adapter]) rest(button, busy !== null);
    onnx.rest(busy !== null);
    const words =
      busy !== null && busy !== "predict"
        ? "Packing the files…"
        : saved
          ? `${saved} was handed to your browser’s downloads.`
          : "";
    if (status.textContent !== words) status.textContent = words;
    mistake.update(error);
    stand(saved ? "Downloaded" : "", saved !== null);
  }

  return { element, update };
}
