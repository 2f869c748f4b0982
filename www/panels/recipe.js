// Step 3: the hyperparameters, drawn from the engine's own table of fields; few at once, the rest behind a disclosure.

import { fill, h, show, tell, whenChanged } from "../dom.js";
import { plain } from "../format.js";
import { LONGEST_WRITTEN } from "../projects/record.js";
import { baseline, picked, usedBy } from "../recipe.js";
import { isBusyTraining, mistakesShown, taskAtHand } from "../standing.js";
import { suggestionOf } from "../suggestion.js";
import { pythonPart } from "./python.js";
import { section } from "./section.js";
import { severalForm } from "./several.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 * @typedef {import("../protocol.js").RecipeField} RecipeField
 * @typedef {{element: HTMLElement, update: (value: string|boolean, mistake: string, used: boolean) => void}} FieldView
 */

/** Letters of a choice that a closed list as wide as a column shows. */
const MOST_IN_A_FIELD = 34;

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
  const reset = h(
    "button",
    { id: "recipe-reset", type: "button", class: "quiet", onclick: actions.resetRecipe },
    "Reset to the defaults",
  );
  const several = severalForm(actions);
  const why = h("p", { id: "suggestion", class: "suggestion", role: "status" });
  const fieldset = h("fieldset", { class: "plain stack" }, why, basic, more, several.element, reset);
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
    const { fields, defaults, draft, mistakes } = state.recipe;
    drawFields(fields, defaults);
    // What was picked for the method at hand, so that choosing another one counts as one change.
    /** @type {import("../protocol.js").Recipe} */
    const base = { ...baseline(state.recipe, draft.method), method: picked(state.recipe).method ?? null };
    const used = fields.filter(usedBy(draft, taskAtHand(state)));
    const shown = new Set(used.map(({ name }) => name));
    for (const [name, view] of views) view.update(draft[name] ?? "", mistakes[name] ?? "", shown.has(name));
    const changed = used.filter((field) => !isDefault(draft[field.name], base[field.name] ?? null)).length;
    const wrong = mistakesShown(state).length;
    show(reset, changed > 0, several.summary);
    const { suggestions, picking } = state.recipe;
    const suggestion = suggestionOf(suggestions, draft.method);
    const said = picking
      ? "Measuring this device, to pick what suits this model and this data…"
      : suggestion && `Picked for this model and this data: ${suggestion.sentence}`;
    show(why, Boolean(said));
    tell(why, said ?? "");
    reset.textContent = suggestions ? "Back to what was picked" : "Reset to the defaults";
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

/** @param {string|boolean|undefined} written @param {number|string|boolean|null} value */
function isDefault(written, value) {
  if (typeof value === "boolean") return written === value;
  if (value === null) return written === "" || written === undefined;
  return typeof value === "number" ? Number(written) === value && written !== "" : written === value;
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
  const described = { id, "aria-describedby": `${beside}${id}-help ${id}-error` };
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
  const line =
    field.kind === "switch"
      ? h("label", { class: "switch", for: id }, control, field.label)
      : h("div", { class: "with-unit" }, control, unit);
  const element = h(
    "div",
    { class: wordy(field) ? "field wide" : "field" },
    field.kind !== "switch" && h("label", { class: "label", for: id }, field.label),
    line,
    h("p", { class: "hint", id: `${id}-help` }, unbroken(field.help), chosen),
    error,
  );

  /** @param {string|boolean} value @param {string} mistake @param {boolean} used */
  function update(value, mistake, used) {
    show(element, used);
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
