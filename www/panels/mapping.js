// The form of step 2: which columns the task reads, and what is held back for validation.

import { fill, h, show, whenChanged } from "../dom.js";
import { counted } from "../format.js";
import { blamed, columnOf, withColumns } from "../mapping.js";
import { taskOf } from "../tasks.js";
import { visible } from "../visible.js";
import { field, holdOut, markWrong } from "./holdout.js";

/**
 * @typedef {import("../protocol.js").Mapping} Mapping
 * @typedef {import("../protocol.js").TableInfo} TableInfo
 * @typedef {import("../state.js").DataState} DataState
 * @typedef {import("../tasks.js").ColumnSpec} ColumnSpec
 * @typedef {import("../tasks.js").Role} Role
 */

/** In the order of the form. @type {Role[]} */
const ROLES = ["text", "pair", "negative", "label"];

/** @param {import("../actions.js").Actions} actions */
export function mappingForm(actions) {
  /** @type {Mapping|null} */
  let shown = null;
  const columns = new Map(ROLES.map((role) => [role, columnField(role, change)]));
  const separator = separatorField(change);
  const held = holdOut(change);
  const grid = h("div", { class: "grid" }, ...ROLES.map((role) => columns.get(role)?.element), separator.element);
  const element = h("fieldset", { id: "mapping", class: "plain stack" }, grid, held.element);

  function change() {
    if (!shown) return;
    const { rest, mistakes } = held.read(shown);
    const chosen = Object.fromEntries(ROLES.map((role) => [role, columns.get(role)?.value() ?? ""]));
    actions.changeMapping(withColumns(shown, chosen, { ...rest, separator: separator.value() }), mistakes);
  }

  const drawOptions = whenChanged(
    (/** @type {TableInfo|null} */ table, /** @type {import("../protocol.js").Task|undefined} */ task) => {
      const names = table?.columns.map(({ name }) => name) ?? [];
      held.offer(names);
      for (const spec of task ? taskOf(task).columns : []) columns.get(spec.role)?.offer(names, spec);
    },
  );

  const drawValues = whenChanged(
    (
      /** @type {TableInfo|null} */ table,
      /** @type {Mapping|null} */ mapping,
      /** @type {DataState["mistakes"]} */ mistakes,
      /** @type {DataState["error"]} */ error,
    ) => {
      shown = mapping;
      if (!table || !mapping) return;
      const specs = taskOf(mapping.task).columns;
      const wrong = blamed(mapping, error);
      for (const role of ROLES) {
        const spec = specs.find((column) => column.role === role);
        const field = columns.get(role);
        field?.update(table, spec ?? null, columnOf(mapping, role));
        field?.blame(wrong.includes(role) ? error : null);
      }
      separator.update(mapping);
      held.update(mapping, mistakes, wrong.includes("split"));
    },
  );

  /** @param {DataState} data @param {boolean} disabled */
  function update({ table, mapping, mistakes, error }, disabled) {
    drawOptions(table, mapping?.task);
    drawValues(table, mapping, mistakes, error);
    element.disabled = disabled;
  }

  return { element, update };
}

/** @param {Role} role @param {() => void} change */
function columnField(role, change) {
  const id = `map-${role}`;
  const select = h("select", { id, "aria-describedby": `${id}-help ${id}-error`, onchange: change });
  const help = h("p", { class: "hint", id: `${id}-help` });
  const label = h("label", { class: "label", for: id });
  // Said where it arises already, above the table.
  const wrong = h("p", { class: "mistake", id: `${id}-error`, hidden: true });
  const element = h("div", { class: "field" }, label, select, help, wrong);

  return {
    element,
    value: () => select.value,

    /** @param {string[]} names @param {ColumnSpec} spec */
    offer(names, { none }) {
      // The engine names every column, so that "" is free for none.
      const first = h("option", { value: "" }, none ?? "Choose a column");
      fill(select, first, ...names.map((name) => h("option", { value: name }, visible(name, 40))));
    },

    /** @param {TableInfo} table @param {ColumnSpec|null} spec  Null where the task does not read it. @param {string} name */
    update(table, spec, name) {
      show(element, spec !== null);
      if (!spec) return;
      label.textContent = spec.label;
      select.value = name;
      // The first option is no choice once there is one, unless it means something.
      const first = /** @type {HTMLOptionElement|null} */ (select.firstElementChild);
      if (first) first.hidden = first.disabled = spec.none === undefined && name !== "";
      help.textContent = `${spec.help} ${about(table, name, spec)}`.trim();
    },

    /** @param {DataState["error"]} mistake  Null where it is not about this column. */
    blame(mistake) {
      markWrong(select, mistake !== null);
      // Of a column that is missing the field itself says enough.
      wrong.textContent = mistake?.column === undefined ? "" : mistake.message;
      show(wrong, wrong.textContent !== "");
    },
  };
}

/** What stands between labels. @param {() => void} change */
function separatorField(change) {
  const input = h("input", {
    id: "map-separator",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "None",
    "aria-describedby": "map-separator-help",
    onchange: change,
  });
  const help = "What stands between the labels of a cell, such as | or ; – nothing where cells hold JSON lists.";
  const element = field(
    "map-separator",
    "Between labels",
    input,
    h("p", { class: "hint", id: "map-separator-help" }, help),
  );

  return {
    element,
    value: () => (input.value === "" ? null : input.value),

    /** @param {Mapping} mapping */
    update({ task, separator }) {
      show(element, task === "multi_label");
      input.value = separator ?? "";
    },
  };
}

/** @param {TableInfo} table @param {string} name @param {ColumnSpec} spec */
function about(table, name, { shows }) {
  const column = table.columns.find((other) => other.name === name);
  if (!column) return "";
  const empty = column.empty > 0 ? `, ${column.empty} empty` : "";
  if (shows === "values") return `${counted(column.distinct, "different value")}${empty}.`;
  return `About ${counted(column.mean_characters, "character")} each${empty}.`;
}
