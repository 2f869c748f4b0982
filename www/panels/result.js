// Step 5: try the trained model on a text, and take it away.

import { fill, h, show, whenChanged } from "../dom.js";
import { percent } from "../format.js";
import { phase } from "../state.js";
import { visible } from "../visible.js";
import { mistakeLine, section } from "./section.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 * @typedef {import("../protocol.js").Prediction} Prediction
 */

/** Labels that a prediction lists; the rest are less likely. */
const MOST_SHOWN = 12;

/** @param {Actions} actions */
export function resultPanel(actions) {
  const { element, body, stand } = section(5, "result", "Result", "Try your model, then take it with you.");
  const waiting = h("p", { class: "hint" }, "Your model appears here as soon as training ends.");
  const trial = tryForm(actions);
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
  const view = h("div", { class: "stack" }, about, trial.element, take);
  body.append(waiting, view, mistake.element);

  /** @param {State} state */
  function update(state) {
    const trained = phase(state) === "trained";
    const { busy, saved, error, prediction } = state.result;
    // A checkpoint that has a head already can be tried before it is trained.
    const headed = state.model.info?.labels !== null && state.model.info !== null && !state.dead;
    show(waiting, !trained && !headed);
    show(view, trained || headed);
    show(take, trained);
    show(about, trained && state.run.subject !== null);
    about.textContent = `${visible(state.run.subject?.model ?? "", 80)}, trained on ${visible(state.run.subject?.table ?? "", 80)}`;
    trial.update(prediction, busy, state.data.table?.preview.map((row) => row[columnOf(state)] ?? "") ?? []);
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

/** @param {State} state */
function columnOf({ data }) {
  return data.table?.columns.findIndex(({ name }) => name === data.mapping?.text) ?? -1;
}

/** @param {Actions} actions */
function tryForm(actions) {
  const text = h("textarea", { id: "try-text", rows: 3, dir: "auto", placeholder: "Write or paste a text" });
  const send = h("button", { id: "try-send", type: "submit" }, "Classify");
  const borrow = h("button", { id: "try-row", type: "button", class: "quiet" }, "Use a row of your data");
  const answer = h("div", { id: "prediction", class: "prediction", "aria-live": "polite" });
  /** @type {string[]} */
  let rows = [];
  let next = 0;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (text.value.trim() !== "") actions.predict(text.value);
    else text.focus();
  };
  borrow.addEventListener("click", () => {
    text.value = rows[next++ % rows.length] ?? "";
    actions.predict(text.value);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  });
  const element = h(
    "form",
    { class: "stack tight", onsubmit: submit },
    h("label", { class: "label big", for: "try-text" }, "Try a text"),
    text,
    h("div", { class: "row" }, send, borrow),
    answer,
  );

  const drawAnswer = whenChanged((/** @type {Prediction|null} */ prediction) => {
    show(answer, prediction !== null);
    if (prediction) fill(answer, ...bars(prediction));
  });

  /** @param {Prediction|null} prediction @param {State["result"]["busy"]} busy @param {string[]} texts */
  function update(prediction, busy, texts) {
    rows = texts.filter((row) => row.trim() !== "");
    drawAnswer(prediction);
    send.disabled = borrow.disabled = busy !== null;
    show(borrow, rows.length > 0);
  }

  return { element, update };
}

/** @param {Prediction} prediction */
function bars({ text, label, scores }) {
  const ranked = Object.entries(scores).sort(([, left], [, right]) => right - left);
  const said = h(
    "p",
    { class: "said" },
    h("q", { dir: "auto", text: visible(text, 160) }),
    h("span", { class: "verdict" }, " is ", h("strong", { dir: "auto", text: visible(label, 80) })),
  );
  const list = h(
    "ul",
    { class: "classes" },
    ...ranked.slice(0, MOST_SHOWN).map(([name, share], index) => {
      const stripe = h("span", { class: `stripe ${index === 0 ? "train" : "faint"}` });
      stripe.style.setProperty("--share", String(share));
      return h(
        "li",
        {},
        h("span", { class: "name", dir: "auto", title: visible(name, 200), text: visible(name, 60) }),
        h("span", { class: "track", "aria-hidden": "true" }, stripe),
        h("span", { class: "numbers" }, percent(share)),
      );
    }),
  );
  const rest = ranked.length - MOST_SHOWN;
  return [said, list, ...(rest > 0 ? [h("p", { class: "hint" }, `and ${rest} less likely`)] : [])];
}
