// One hyperparameter that several runs vary: which one, and its values or its range.

import { fill, h, show } from "../dom.js";
import { LONGEST_WRITTEN } from "../projects/record.js";
import { isNumber } from "../several.js";

/**
 * @typedef {import("../several.js").AxisDraft} AxisDraft
 * @typedef {import("../protocol.js").RecipeField} RecipeField
 */

/**
 * @param {number} place
 * @param {RecipeField} field
 * @param {RecipeField[]} offered
 * @param {boolean} random  Whether numbers are drawn from a range.
 * @param {import("../actions.js").Actions} actions
 * @param {() => void} leave  Where the focus goes when it is removed.
 */
export function axisView(place, field, offered, random, actions, leave) {
  const id = `several-${place}`;
  const change = (/** @type {Partial<AxisDraft>} */ values) => actions.changeAxis(place, values);
  const select = h(
    "select",
    { id: `${id}-field`, onchange: () => change({ field: select.value }) },
    ...offered.map(({ name, label }) => h("option", { value: name }, label)),
  );
  const error = h("p", { id: `${id}-error`, class: "mistake", "aria-live": "polite" });
  const values = valuesView(id, field, random, change);
  const remove = h(
    "button",
    {
      ...{ id: `${id}-remove`, type: "button", class: "quiet", "aria-label": `Remove ${field.label}` },
      onclick: () => {
        actions.removeAxis(place);
        leave();
      },
    },
    "Remove",
  );
  const chosen = h(
    "div",
    { class: "field" },
    h("label", { class: "label", for: `${id}-field` }, "Hyperparameter"),
    h("div", { class: "row" }, select),
  );
  const element = h(
    "div",
    { class: "axis", role: "group", "aria-label": field.label },
    chosen,
    h("div", { class: "field" }, values.element, error),
    remove,
  );

  return {
    element,
    focus: () => select.focus(),

    /** @param {AxisDraft} axis @param {string} mistake */
    update(axis, mistake) {
      if (select.value !== axis.field) select.value = axis.field;
      values.update(axis, mistake !== "");
      if (error.textContent !== mistake) error.textContent = mistake;
      show(error, mistake !== "");
    },
  };
}

/** @param {string} id @param {RecipeField} field @param {boolean} random @param {(values: Partial<AxisDraft>) => void} change */
function valuesView(id, field, random, change) {
  if (!isNumber(field)) return choicesView(id, field, change);
  return random ? rangeView(id, field, change) : listView(id, change);
}

/** @param {HTMLInputElement} input @param {string} value @param {boolean} wrong */
function write(input, value, wrong) {
  if (input.value !== value) input.value = value;
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/** @param {string} id @param {string} of @param {(value: string) => void} change */
function textField(id, of, change) {
  const input = h("input", {
    ...{ id, type: "text", inputmode: "text", maxlength: LONGEST_WRITTEN, autocomplete: "off", spellcheck: "false" },
    "aria-describedby": of,
    oninput: () => change(input.value),
  });
  return input;
}

/** @param {string} id @param {(values: Partial<AxisDraft>) => void} change */
function listView(id, change) {
  const input = textField(`${id}-values`, `${id}-help ${id}-error`, (values) => change({ values }));
  const element = h("div", { class: "field" });
  fill(
    element,
    h("label", { class: "label", for: `${id}-values` }, "Values"),
    input,
    h("p", { class: "hint", id: `${id}-help` }, "With commas between them, and points in decimals: 0.001, 0.01."),
  );
  return {
    element,
    /** @param {AxisDraft} axis @param {boolean} wrong */
    update: ({ values }, wrong) => write(input, values, wrong),
  };
}

/** @param {string} id @param {RecipeField} field @param {(values: Partial<AxisDraft>) => void} change */
function rangeView(id, { kind }, change) {
  const from = textField(`${id}-from`, `${id}-help ${id}-error`, (from) => change({ from }));
  const to = textField(`${id}-to`, `${id}-help ${id}-error`, (to) => change({ to }));
  const help =
    kind === "integer" ? "Whole numbers from the first to the second." : "Any number from the first to the second.";
  const ends = h(
    "div",
    { class: "ends" },
    h("label", { class: "label", for: `${id}-from` }, "From"),
    h("label", { class: "label", for: `${id}-to` }, "To"),
    from,
    to,
  );
  return {
    element: h("div", { class: "field" }, ends, h("p", { class: "hint", id: `${id}-help` }, help)),
    /** @param {AxisDraft} axis @param {boolean} wrong */
    update(axis, wrong) {
      write(from, axis.from, wrong);
      write(to, axis.to, wrong);
    },
  };
}

/** @param {string} id @param {RecipeField} field @param {(values: Partial<AxisDraft>) => void} change */
function choicesView(id, { kind, choices = [] }, change) {
  /** @type {[string, string][]} */
  const listed =
    kind === "switch"
      ? [
          ["true", "On"],
          ["false", "Off"],
        ]
      : choices.map(([value, words]) => [value, words]);
  const boxes = listed.map(([value], at) => {
    const box = h("input", { id: `${id}-choice-${at}`, type: "checkbox", "aria-describedby": `${id}-error` });
    box.addEventListener("change", () =>
      change({ chosen: boxes.filter(({ box }) => box.checked).map(({ value }) => value) }),
    );
    return { value, box };
  });
  const lines = boxes.map(({ box }, at) =>
    h("label", { class: "switch", for: `${id}-choice-${at}` }, box, listed[at][1]),
  );
  return {
    element: h(
      "div",
      { class: "field" },
      h("span", { class: "label" }, "Values"),
      h("div", { class: "choices" }, ...lines),
    ),
    /** @param {AxisDraft} axis */
    update(axis) {
      for (const { value, box } of boxes) box.checked = axis.chosen.includes(value);
    },
  };
}
