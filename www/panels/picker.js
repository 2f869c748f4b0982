// A file with a table for step 5, chosen or dropped: what is said of it, its sheet, and how it is read.

import { mayBeDelimited } from "../dialect.js";
import { h, show, tell } from "../dom.js";
import { rest } from "../focus.js";
import { TABLE_ENDINGS } from "../intake.js";
import { visible } from "../visible.js";
import { dialectForm } from "./dialect.js";
import { worksheetChoice } from "./worksheets.js";

/**
 * @typedef {object} Picked  What the picker shows.
 * @property {{name: string, format: string, worksheets: string[], dialect: import("../protocol.js").Dialect}|null} info
 * @property {{name: string, asked: import("../protocol.js").Dialect}|null} source
 * @property {boolean} refused
 * @property {string|null} busy
 * @property {string|null} words  What is said in place of the table's name and format.
 *
 * @typedef {object} Deeds
 * @property {(file: File) => void} open
 * @property {(worksheet: string) => void} chooseWorksheet
 * @property {(change: Partial<import("../protocol.js").Dialect>) => void} readAs
 */

/** @param {string} id @param {Deeds} deeds */
export function tablePicker(id, { open, chooseWorksheet, readAs }) {
  const field = h("input", {
    id: `file-${id}`,
    type: "file",
    accept: TABLE_ENDINGS,
    class: "visually-hidden",
    onchange: take,
  });
  let busy = false;
  // A file is not asked for that would not be read.
  field.addEventListener("click", (event) => {
    if (busy) event.preventDefault();
  });
  const choose = h("span", {}, "Choose a table");
  const button = h("div", { class: "row" }, h("label", { class: "button", for: `file-${id}` }, field, choose));
  const about = h("p", { id: `${id}-words`, class: "hint", role: "status" });
  const worksheets = worksheetChoice(`${id}-worksheet`, chooseWorksheet);
  const dialect = dialectForm(`${id}-dialect`, "Read it differently", readAs);

  function take() {
    if (field.files?.[0]) open(field.files[0]);
    field.value = "";
  }

  /** What is dropped on this part of the page is no table to train on. @param {HTMLElement} element */
  function takeDrops(element) {
    element.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    element.addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      event.stopPropagation();
      window.dispatchEvent(new DragEvent("dragleave"));
      open(file);
    });
  }

  /** @param {Picked} picked @param {import("../state.js").State["encodings"]} encodings */
  function update({ info, source, refused, busy: now, words }, encodings) {
    busy = now !== null;
    worksheets.update(info, busy);
    const readable = source && (info || (refused && mayBeDelimited(source.name)));
    dialect.update(readable ? { asked: source.asked, found: info?.dialect ?? null } : null, encodings, busy);
    choose.textContent = info ? "Choose another table" : "Choose a table";
    rest(field, busy);
    const named = info ? `${visible(info.name, 60)}: ${info.format}` : "";
    const said = words ?? (now === "opening" ? "Reading the table…" : named);
    tell(about, said);
    show(about, said !== "");
  }

  return { field, button, about, worksheets: worksheets.element, dialect: dialect.element, takeDrops, update };
}
