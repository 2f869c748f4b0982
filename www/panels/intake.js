// The place of step 2 where a table comes in: by a drop, a file field, or the built-in example.

import { h, show } from "../dom.js";
import { keepingFocus, rest } from "../focus.js";
import { TABLE_ENDINGS, fromField } from "../intake.js";
import { visible } from "../visible.js";
import { progressRow } from "./progress.js";
import { taskList } from "./tasks.js";

/** @param {import("../actions.js").Actions} actions */
export function tableIntake(actions) {
  /** @param {Event} event */
  const take = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.files && field.files.length > 0) actions.take(fromField(field.files));
    field.value = "";
  };
  const field = h("input", {
    id: "file-table",
    type: "file",
    accept: TABLE_ENDINGS,
    class: "visually-hidden",
    onchange: take,
  });
  const choose = h("span", {}, "Choose a file");
  const example = h("button", { id: "load-example", type: "button", onclick: actions.openExample }, "Load the example");
  const back = h("button", { id: "go-back", type: "button", class: "quiet", onclick: actions.goBack });
  const words = h("p", { class: "drop-words" });
  const reading = progressRow("table", "How much of the table is read", actions.cancelTable);
  const hint = h("p", { class: "hint" }, "The example has 240 customer messages on six topics.");
  const tasks = taskList();
  const controls = h(
    "fieldset",
    { class: "plain row" },
    h("label", { class: "button primary", for: "file-table" }, field, choose),
    example,
    back,
  );
  const element = h("div", { class: "dropzone" }, words, reading.element, controls, hint, tasks);

  /** @param {boolean} open @param {import("../state.js").DataState} data @param {boolean} disabled */
  function draw(open, { loading, progress, previous }, disabled) {
    element.classList.toggle("slim", open);
    choose.textContent = open ? "Choose another file" : "Choose a file";
    words.textContent = loading
      ? `Reading ${visible(loading, 60)}…`
      : open
        ? ""
        : "Drop your table anywhere on this page";
    show(words, words.textContent !== "");
    // Of a small table there is nothing to be told.
    show(reading.element, loading !== null && progress !== null);
    reading.update(progress);
    show(hint, !open);
    show(tasks, !open);
    show(back, previous !== null);
    back.textContent = `Go back to ${visible(previous ?? "", 60)}`;
    rest(controls, disabled || loading !== null);
  }

  return { element, update: keepingFocus(element, [field], draw) };
}
