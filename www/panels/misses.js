// The part of step 5 that shows where the model is wrong: which rows are looked at, progress, and the rows beside what the table
// says of them.

import { fill, h, show, tell, whenChanged } from "../dom.js";
import { rest } from "../focus.js";
import { visible } from "../visible.js";
import { missTable, missesWords } from "../views/misses.js";
import { progressRow } from "./progress.js";
import { mistakeLine } from "./section.js";

/**
 * @typedef {import("../outcome.js").MissState} MissState
 * @typedef {import("../protocol.js").Side} Side
 */

const WORDS =
  "Rows that the model says something else of than your table, those first that it is surest of. Look at them well: it may be " +
  "the label that is wrong.";

/** @param {import("../actions.js").Actions} actions */
export function missesForm(actions) {
  const heldOut = h("option", { value: "validation" }, "Rows held out");
  const trained = h("option", { value: "train" }, "Rows it was trained on");
  const other = h("option", { value: "measured" });
  const side = h("select", { id: "misses-side", class: "fit" }, heldOut, trained, other);
  const start = h("button", { id: "misses-start", type: "submit" }, "Look for them");
  const choices = h(
    "div",
    { class: "row" },
    h("label", { class: "visually-hidden", for: "misses-side" }, "Which rows"),
    side,
    start,
  );
  const running = progressRow("misses", "How many rows have been looked at", actions.cancelMisses);
  const words = h("p", { id: "misses-words", role: "status" });
  const list = h("div", {
    id: "misses-list",
    class: "scroll tall",
    tabindex: "0",
    role: "region",
    "aria-label": "Rows that the model is wrong about",
  });
  const take = h(
    "button",
    { id: "misses-csv", type: "button", class: "quiet", onclick: actions.saveMisses },
    "Download these rows",
  );
  const mistake = mistakeLine("misses-error");
  const element = h(
    "form",
    {
      id: "misses",
      class: "stack tight",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        actions.lookForMisses(/** @type {Side|"measured"} */ (side.value));
      },
    },
    h("h3", {}, "Where it is wrong"),
    h("p", { class: "hint" }, WORDS),
    choices,
    running.element,
    words,
    list,
    take,
    mistake.element,
  );

  const drawList = whenChanged((/** @type {MissState["found"]} */ found, /** @type {string[]} */ labels) => {
    fill(list, ...(found?.found.length ? [missTable(found.found, labels)] : []));
  });

  let chosen = false;
  side.addEventListener("change", () => (chosen = true));

  /**
   * @param {MissState} misses @param {string[]} labels  In order, for their colours.
   * @param {{held_out: boolean, learnt: boolean, measured: string|null}} rows  Which there are; `measured`: the other table's name.
   */
  function update({ found, side: of, busy, progress, error }, labels, { held_out, learnt, measured }) {
    drawList(found, labels);
    for (const part of [list, take]) show(part, found !== null && found.found.length > 0);
    heldOut.disabled = !held_out;
    trained.disabled = !learnt;
    other.hidden = other.disabled = measured === null;
    // Safari shows options that are hidden.
    other.textContent = `Rows of ${measured === null ? "another table" : visible(measured, 40)}`;
    // Rows held out tell more, as soon as there are any.
    const there = { validation: held_out, train: learnt, measured: measured !== null };
    const isThere = there[/** @type {keyof typeof there} */ (side.value)];
    if (!isThere || (!chosen && held_out)) {
      side.value = held_out ? "validation" : !learnt && measured !== null ? "measured" : "train";
    }
    rest(start, busy !== null);
    show(running.element, busy !== null, start);
    rest(running.cancel, busy === "cancelling");
    running.update(progress);
    tell(words, found ? missesWords(found, of) : "");
    show(words, found !== null);
    mistake.update(error);
  }

  return { element, update };
}
