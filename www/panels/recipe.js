// Step 3: the hyperparameters, drawn from the engine's own table of fields; few at once, the rest behind a disclosure.

import { fill, h, show, tell, whenChanged } from "../dom.js";
import { plain } from "../format.js";
import { LONGEST_WRITTEN } from "../projects/record.js";
import { outlookOfOne } from "../outlook.js";
import { baseline, changesOf, picked, usedBy } from "../recipe.js";
import { isBusyTraining, mistakesShown, recipeMistakes, taskAtHand } from "../standing.js";
import { suggestionOf } from "../suggestion.js";
import { pythonPart } from "./python.js";
import { section } from "./section.js";
import { severalForm } from "./several.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 * @typedef {import("../protocol.js").RecipeField} RecipeField
 * @typedef {object} Shown  What a field shows.
 * @property {string|boolean} value
 * @property {string} mistake
 * @property {boolean} used
 * @property {string} mark    That the value is another one than it began with.
 * @typedef {{element: HTMLElement, update: (shown: Shown) => void}} FieldView
 */

/** Letters of a choice that a closed list as wide as a column shows. */
const MOST_IN_A_FIELD = 34;
/** Changes that are listed; whoever made more knows that the form is another one. */
const MOST_CHANGES = 6;
/** Fields that make a run longer or shorter. */
const COURSE = ["epochs", "batch_size", "max_length", "accumulation", "pairs_per_row"];

/** @param {Actions} actions */
export function recipePanel(actions) {
  const { element, body, stand } = section(
    3,
    "recipe",
    "Hyperparameters",
    "Good defaults for small encoders. Change nothing, or anything.",
  );
  const basic = h("div", { class: "grid" });
  const advanced = h("div", { class: "grid" });
  const more = h("details", { id: "recipe-more", class: "more" }, h("summary", {}, "Finer settings"), advanced);
  const several = severalForm(actions);
  const origin = originView(actions, element);
  const fieldset = h("fieldset", { class: "plain stack" }, origin.element, basic, more, several.element);
  const python = pythonPart(actions);
  body.append(fieldset, python.element);
  /** @type {Map<string, FieldView>} */
  let views = new Map();

  const drawFields = whenChanged(
    (/** @type {RecipeField[]} */ fields, /** @type {import("../protocol.js").Recipe} */ defaults) => {
      views = new Map(fields.map((field) => [field.name, fieldView(field, defaults[field.name] ?? null, actions)]));
      const of = (/** @type {boolean} */ finer) =>
        fields.filter((field) => field.advanced === finer).map((field) => views.get(field.name)?.element);
      fill(basic, ...of(false));
      fill(advanced, ...of(true));
    },
  );

  /** @param {State} state */
  function update(state) {
    const { fields, defaults, draft, suggestions } = state.recipe;
    const mistakes = recipeMistakes(state);
    drawFields(fields, defaults);
    // What was picked for the method at hand, so that choosing another one counts as one change.
    /** @type {import("../protocol.js").Recipe} */
    const base = { ...baseline(state.recipe, draft.method), method: picked(state.recipe).method ?? null };
    const used = fields.filter(usedBy(draft, taskAtHand(state)));
    const shown = new Set(used.map(({ name }) => name));
    const changes = changesOf(used, draft, base);
    const changed = changes.length;
    const from = suggestions ? "picked" : "default";
    const marks = new Map(changes.map(({ name, was }) => [name, `${from}: ${was}`]));
    for (const [name, view] of views) {
      const [value, mistake, mark] = [draft[name] ?? "", mistakes[name] ?? "", marks.get(name) ?? ""];
      view.update({ value, mistake, mark, used: shown.has(name) });
    }
    const wrong = mistakesShown(state).length;
    origin.update(state, changes);
    several.update(state);
    fieldset.disabled = isBusyTraining(state);
    python.update(state);
    if (used.some((field) => field.advanced && mistakes[field.name])) more.open = true;
    const words =
      wrong > 0 ? `${wrong} to correct` : changed > 0 ? `${changed} changed` : suggestions ? "Automatic" : "Defaults";
    stand(fields.length > 0 ? words : "", fields.length > 0 && wrong === 0);
  }

  return { element, update };
}

/**
 * What was picked and why, what the form has in its place, and the way back.
 *
 * @param {Actions} actions
 * @param {HTMLElement} step  Where the focus goes on when there is no way back any more.
 */
function originView(actions, step) {
  const why = h("p", { id: "suggestion", role: "status" });
  const differs = h("p", { id: "suggestion-changes" });
  const reset = h(
    "button",
    { id: "recipe-reset", type: "button", class: "link", onclick: actions.resetRecipe },
    "Reset to the defaults",
  );
  const element = h("div", { class: "suggestion" }, why, differs, reset);

  /** @param {State} state @param {ReturnType<typeof changesOf>} changes */
  function update(state, changes) {
    const { suggestions, picking, draft } = state.recipe;
    const suggestion = suggestionOf(suggestions, draft.method);
    const said = picking
      ? "Measuring this device, to pick what suits this model and this data…"
      : suggestion && `Picked for this model and this data: ${suggestion.sentence}`;
    tell(why, said ?? "");
    show(why, Boolean(said));
    tell(differs, inSentences(changes, suggestion && !picking ? timeOf(state, changes) : ""));
    show(differs, changes.length > 0);
    reset.textContent = suggestions ? "Back to what was picked" : "Reset to the defaults";
    show(reset, changes.length > 0, step);
    show(element, Boolean(said) || changes.length > 0);
  }

  return { element, update };
}

/** @param {ReturnType<typeof changesOf>} changes @param {string} time */
function inSentences(changes, time) {
  const listed = changes.slice(0, MOST_CHANGES).map(({ label, was, is }) => `${label}: ${was} → ${is}`);
  const more = changes.length - listed.length;
  return `You changed ${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""}.${time}`;
}

/** What becomes of the time that was told of what was picked. @param {State} state @param {ReturnType<typeof changesOf>} changes */
function timeOf(state, changes) {
  if (!changes.some(({ name }) => COURSE.includes(name))) return "";
  return ` The steps and the time above are those of what was picked.${outlookOfOne(state)}`;
}

/**
 * @param {RecipeField} field
 * @param {number|string|boolean|null} initial
 * @param {Actions} actions
 * @returns {FieldView}
 */
function fieldView(field, initial, actions) {
  const id = `recipe-${field.name.replaceAll("_", "-")}`;
  const beside = field.unit === "" ? "" : `${id}-unit `;
  const described = { id, "aria-describedby": `${beside}${id}-changed ${id}-help ${id}-error` };
  const control = makeControl(field, described, initial);
  const change = () =>
    actions.changeField(
      field.name,
      control instanceof HTMLInputElement && control.type === "checkbox" ? control.checked : control.value,
    );
  control.addEventListener(field.kind === "switch" || field.kind === "choice" ? "change" : "input", change);
  const error = h("p", { id: `${id}-error`, class: "mistake", "aria-live": "polite" });
  // What the choice at hand means, where choices differ enough for a sentence each.
  const chosen = h("span", {});
  const unit = field.unit !== "" && h("span", { id: `${id}-unit`, class: "unit" }, field.unit);
  const another = h("span", { id: `${id}-changed`, class: "changed-mark" });
  const isSwitch = field.kind === "switch";
  const label = isSwitch
    ? h("label", { class: "switch", for: id }, control, field.label)
    : h("label", { class: "label", for: id }, field.label);
  const element = h(
    "div",
    { class: wordy(field) ? "field wide" : "field" },
    h("div", { class: "label-row" }, label, another),
    !isSwitch && h("div", { class: "with-unit" }, control, unit),
    h("p", { class: "hint", id: `${id}-help` }, unbroken(field.help), chosen),
    error,
  );

  /** @param {Shown} shown */
  function update({ value, mistake, used, mark }) {
    show(element, used);
    element.classList.toggle("changed", mark !== "");
    tell(another, mark);
    const meaning = field.choices?.find(([choice]) => choice === value)?.[2] ?? "";
    tell(chosen, ` ${meaning}`);
    if (typeof value === "boolean") /** @type {HTMLInputElement} */ (control).checked = value;
    else if (control.value !== value) control.value = value;
    tell(error, mistake);
    show(error, mistake !== "");
    if (mistake === "") control.removeAttribute("aria-invalid");
    else control.setAttribute("aria-invalid", "true");
  }

  return { element, update };
}

/** Whether the words of its choices need the width of two fields. @param {RecipeField} field */
function wordy({ choices = [] }) {
  return choices.some(([, words]) => words.length > MOST_IN_A_FIELD);
}

/** Keeps numbers such as 5e-5 in one line. @param {string} text */
function unbroken(text) {
  return text.replace(/(\de)-(\d)/gu, "$1\u2011$2");
}

/**
 * @param {RecipeField} field
 * @param {Record<string, string>} described
 * @param {number|string|boolean|null} initial
 * @returns {HTMLInputElement|HTMLSelectElement}
 */
function makeControl(field, described, initial) {
  if (field.kind === "switch") return h("input", { ...described, type: "checkbox" });
  if (field.kind === "choice") {
    return h("select", described, ...(field.choices ?? []).map(([value, words]) => h("option", { value }, words)));
  }
  // A text field: number fields hide what is wrong with a value, and write decimals by the system's language.
  const mode = field.kind === "integer" ? "numeric" : "decimal";
  const placeholder = initial === null ? "Automatic" : plain(Number(initial));
  return h("input", {
    ...described,
    type: "text",
    inputmode: mode,
    placeholder,
    maxlength: LONGEST_WRITTEN,
    autocomplete: "off",
    spellcheck: "false",
  });
}
