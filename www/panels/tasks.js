// The picker of step 2: what the model should learn, with what the table looks like in words; and the same tasks as a
// list for those who have no table yet.

import { h, show } from "../dom.js";
import { looksLike } from "../mapping.js";
import { TASKS } from "../tasks.js";

/**
 * @typedef {import("../protocol.js").Mapping} Mapping
 * @typedef {import("../tasks.js").TaskSpec} TaskSpec
 */

/** @param {import("../actions.js").Actions} actions */
export function taskPicker(actions) {
  const guess = h("p", { id: "task-guess", class: "hint" });
  const choices = TASKS.map((spec) => choice(spec, () => actions.chooseTask(spec.task)));
  const element = h(
    "fieldset",
    { id: "tasks", class: "plain stack tight" },
    h("legend", { class: "label" }, "What should the model learn?"),
    guess,
    h("div", { class: "tasks" }, ...choices.map(({ element }) => element)),
  );

  /** @param {Mapping|null} looked  What the table looks like. @param {Mapping|null} mapping @param {boolean} disabled */
  function update(looked, mapping, disabled) {
    const same = looked?.task === mapping?.task;
    guess.textContent = looked
      ? `${same ? "Looks" : "Looked"} like ${looksLike(looked)}${same ? "." : "; you chose otherwise."}`
      : "";
    show(guess, looked !== null);
    for (const { task, input } of choices) input.checked = task === mapping?.task;
    element.disabled = disabled;
  }

  return { element, update };
}

/** @param {TaskSpec} spec @param {() => void} choose */
function choice({ task, title, purpose, example }, choose) {
  const id = `task-${task.replaceAll("_", "-")}`;
  const input = h("input", {
    id,
    type: "radio",
    name: "task",
    value: task,
    "aria-describedby": `${id}-purpose`,
    onchange: choose,
  });
  const element = h(
    "div",
    { class: "task" },
    input,
    h("label", { for: id }, title),
    h("div", { id: `${id}-purpose`, class: "hint" }, h("p", {}, purpose), exampleLine(example)),
  );
  return { task, input, element };
}

/** @param {TaskSpec["example"]} example */
function exampleLine(example) {
  const names = example
    .map(([name]) => h("code", { text: name }))
    .flatMap((name, index) => (index > 0 ? [", ", name] : [name]));
  return h("p", { class: "columns-needed" }, "Columns such as ", ...names);
}

/** What the page can learn from, with a row of each kind of table. */
export function taskList() {
  const entries = TASKS.map(({ title, purpose, example }) =>
    h(
      "div",
      {},
      h("dt", {}, title),
      h("dd", {}, purpose),
      ...example.map(([name, cell]) => h("dd", { class: "example" }, h("code", { text: name }), ` ${cell}`)),
    ),
  );
  return h(
    "details",
    { id: "task-list", class: "more" },
    h("summary", {}, "What can it learn, and from which tables?"),
    h("dl", { class: "task-list" }, ...entries),
  );
}
