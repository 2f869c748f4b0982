// Which sheet of a workbook or table of an archive is read: a choice, where there is one.

import { fill, h, show, whenChanged } from "../dom.js";
import { keepingFocus } from "../focus.js";
import { visible } from "../visible.js";

/** @type {string[]} */
const NONE = [];
/** Ends the format of a table in an archive, in words. */
const IN_ARCHIVE = "of a zip archive";

/**
 * @param {string} id
 * @param {(worksheet: string) => void} choose
 */
export function worksheetChoice(id, choose) {
  const select = h("select", { id, onchange: () => choose(select.value) });
  const label = h("label", { class: "label", for: id });
  const element = h("div", { class: "field" }, label, select);
  const offer = whenChanged((/** @type {string[]} */ names) =>
    fill(select, ...names.map((name) => h("option", { value: name }, visible(name, 40)))),
  );

  /** @param {{format: string, worksheets: string[], dialect: import("../protocol.js").Dialect}|null} open @param {boolean} busy */
  function draw(open, busy) {
    const names = open?.worksheets ?? NONE;
    show(element, names.length > 1);
    offer(names);
    label.textContent = open?.format.includes(IN_ARCHIVE) ? "Table in the archive" : "Sheet";
    // Back to the one that is open, where another could not be read.
    if (!busy) select.value = open?.dialect.worksheet ?? "";
    select.disabled = busy;
  }

  return { element, update: keepingFocus(element, [select], draw) };
}
