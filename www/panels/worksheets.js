// Which sheet of a workbook is read: a choice, where there is one.

import { fill, h, show, whenChanged } from "../dom.js";
import { keepingFocus } from "../focus.js";
import { visible } from "../visible.js";

/** @type {string[]} */
const NONE = [];

/**
 * @param {string} id
 * @param {(worksheet: string) => void} choose
 */
export function worksheetChoice(id, choose) {
  const select = h("select", { id, onchange: () => choose(select.value) });
  const element = h("div", { class: "field" }, h("label", { class: "label", for: id }, "Sheet"), select);
  const offer = whenChanged((/** @type {string[]} */ names) =>
    fill(select, ...names.map((name) => h("option", { value: name }, visible(name, 40)))),
  );

  /** @param {{worksheets: string[], dialect: import("../protocol.js").Dialect}|null} open @param {boolean} busy */
  function draw(open, busy) {
    const names = open?.worksheets ?? NONE;
    show(element, names.length > 1);
    offer(names);
    // Back to the one that is open, where another could not be read.
    if (!busy) select.value = open?.dialect.worksheet ?? "";
    select.disabled = busy;
  }

  return { element, update: keepingFocus(element, [select], draw) };
}
