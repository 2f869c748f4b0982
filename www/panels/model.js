// Step 1: which encoder is trained, and every way to bring another one.

import { fill, h, show, whenChanged } from "../dom.js";
import { keepingFocus, rest } from "../focus.js";
import { count, counted, large, size } from "../format.js";
import { fromField } from "../intake.js";
import { asMistake } from "../mistake.js";
import { DEFAULT_NAME, hubName } from "../models.js";
import { isBusyTraining } from "../standing.js";
import { taskOf } from "../tasks.js";
import { headOf } from "../trial.js";
import { visible } from "../visible.js";
import { mistakeLine, noteList, progressBar, section, spoken } from "./section.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 */

/** @param {Actions} actions */
export function modelPanel(actions) {
  const { element, body, stand } = section(1, "model", "Model", "The pretrained encoder that learns from your data.");
  const card = h("dl", { id: "model-info", class: "facts" });
  const name = h("p", { id: "model-name", class: "subject", dir: "auto" });
  const notes = noteList("model-notes");
  const progress = progressBar("model-progress");
  const mistake = mistakeLine("model-error");
  const announce = spoken("model-status");
  const load = h(
    "button",
    { id: "model-default", type: "button", onclick: actions.openDefaultModel },
    `Load ${DEFAULT_NAME}`,
  );
  const other = otherModel(actions);
  body.append(name, card, notes.element, progress.element, mistake.element, load, other.element, announce.element);

  const drawInfo = whenChanged((/** @type {State["model"]["info"]} */ info) => {
    show(name, info !== null);
    show(card, info !== null);
    notes.update(info?.notes ?? []);
    if (!info) return;
    name.textContent = visible(info.name, 120);
    fill(card, ...facts(info));
    stand("Ready", true);
  });

  const drawLoading = whenChanged((/** @type {State["model"]["loading"]} */ loading) => {
    show(progress.element, loading !== null);
    if (!loading) return;
    const { done = 0, total = null, what = `Loading ${loading.name}` } = loading.progress ?? {};
    const figure = done === 0 ? "" : total ? `${size(done)} of ${size(total)}` : size(done);
    progress.update(`${what}…`, total && done > 0 ? done / total : null, figure);
  });

  /** @param {State} state */
  function draw(state) {
    const { info, loading, error, kept } = state.model;
    drawInfo(info);
    drawLoading(loading);
    mistake.update(error);
    const isDefault = info?.name === DEFAULT_NAME;
    show(load, !loading && !isDefault && !state.dead);
    load.textContent = info ? `Back to ${DEFAULT_NAME}` : `Load ${DEFAULT_NAME}`;
    load.classList.toggle("quiet", info !== null);
    other.update(kept, loading !== null || isBusyTraining(state) || state.dead !== null);
    rest(load, isBusyTraining(state));
    if (!info) stand(loading ? "Loading…" : error ? "Not open" : state.dead ? "Kept for the restart" : "", false);
    else stand(loading ? "Loading another…" : "Ready", true);
    if (loading) announce.update(`Loading ${visible(loading.name, 60)}.`);
    else if (info && !error) announce.update(`${visible(info.name, 60)} is open.`);
  }

  return { element, update: keepingFocus(element, [other.heir], draw) };
}

/** @param {import("../protocol.js").ModelInfo} info */
function facts(info) {
  const fact = (/** @type {string} */ term, /** @type {string} */ value) =>
    h("div", {}, h("dt", { text: term }), h("dd", { text: value }));
  const head = headOf(info);
  return [
    fact("Architecture", visible(info.architecture, 60)),
    fact("Parameters", large(info.parameters)),
    fact("Layers", `${info.layers} × ${info.hidden} wide`),
    fact("Vocabulary", `${count(info.vocabulary)} tokens`),
    fact("Longest text", `${count(info.max_length)} tokens`),
    ...(head
      ? [fact("Has learned", `${taskOf(head).title}${info.labels ? `, ${counted(info.labels.length, "label")}` : ""}`)]
      : []),
  ];
}

/** @param {Actions} actions */
function otherModel(actions) {
  /** @param {Event} event */
  const take = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.files && field.files.length > 0) actions.take(fromField(field.files));
    field.value = "";
  };
  const files = h("input", {
    id: "model-files",
    type: "file",
    multiple: true,
    accept: ".json,.safetensors,.txt,.zip",
    class: "visually-hidden",
    onchange: take,
  });
  const folder = h("input", {
    id: "model-folder",
    type: "file",
    webkitdirectory: true,
    class: "visually-hidden",
    onchange: take,
  });
  const hub = h("input", {
    id: "hub-name",
    type: "text",
    placeholder: "owner/name",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-describedby": "hub-help hub-error",
  });
  const download = h("button", { id: "hub-download", type: "submit" }, "Download");
  const wrong = h("p", { id: "hub-error", class: "mistake", role: "alert", hidden: true });
  /** @param {string} words */
  const say = (words) => {
    wrong.textContent = words;
    show(wrong, words !== "");
    if (words === "") hub.removeAttribute("aria-invalid");
    else hub.setAttribute("aria-invalid", "true");
  };
  hub.addEventListener("input", () => say(""));
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    try {
      actions.openHubModel(hubName(hub.value));
      say("");
    } catch (thrown) {
      say(asMistake(thrown, "file", "").message);
    }
  };
  const keptList = h("ul", { id: "kept-models", class: "kept", role: "list" });
  const fields = h(
    "fieldset",
    { class: "plain columns" },
    h(
      "div",
      { class: "field" },
      h("span", { class: "label" }, "Your own files"),
      h(
        "div",
        { class: "row" },
        h("label", { class: "button", for: "model-files" }, files, "Choose files"),
        h("label", { class: "button", for: "model-folder" }, folder, "Choose a folder"),
      ),
      h(
        "p",
        { class: "hint" },
        "config.json, tokenizer.json (or vocab.txt) and model.safetensors of a text encoder such as BERT, RoBERTa or MPNet, or its whole folder. You can also drop them anywhere on this page.",
      ),
    ),
    h(
      "form",
      { class: "field", onsubmit: submit },
      h("label", { class: "label", for: "hub-name" }, "From the Hugging Face hub"),
      h("div", { class: "row" }, hub, download),
      h(
        "p",
        { class: "hint", id: "hub-help" },
        "Downloaded once and kept in this browser. Only the model’s name is sent there.",
      ),
      wrong,
      keptList,
    ),
  );
  const heir = h("summary", {}, "Use another encoder");
  const element = h("details", { id: "other-model", class: "more" }, heir, fields);

  const drawKept = whenChanged((/** @type {State["model"]["kept"]} */ kept) => {
    fill(
      keptList,
      ...kept.map(({ repo, bytes }) =>
        h(
          "li",
          {},
          h("button", { type: "button", class: "link", onclick: () => actions.openHubModel(repo) }, repo),
          h("span", { class: "hint" }, `kept here, ${size(bytes)}`),
          h(
            "button",
            {
              type: "button",
              class: "link",
              "aria-label": `Remove ${repo} from this browser`,
              onclick: () => actions.forgetModel(repo),
            },
            "Remove",
          ),
        ),
      ),
    );
    show(keptList, kept.length > 0);
  });

  /** @param {State["model"]["kept"]} kept @param {boolean} disabled */
  function update(kept, disabled) {
    drawKept(kept);
    rest(fields, disabled);
    element.classList.toggle("disabled", disabled);
  }

  return { element, update, heir };
}
