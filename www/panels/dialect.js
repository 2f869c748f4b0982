// How a file is read, for whom it was not read as it is: its first row, what stands between cells, its letters.

import { DELIMITERS } from "../dialect.js";
import { fill, h, show, whenChanged } from "../dom.js";
import { keepFocus } from "../focus.js";

/**
 * @typedef {import("../protocol.js").Dialect} Dialect
 * @typedef {import("../state.js").State["encodings"]} Encodings
 *
 * @typedef {object} Reading
 * @property {Dialect} asked        What the user said.
 * @property {Dialect|null} found   How it was read; null of a file that could not be.
 */

/** What can be said of a file, but for the sheet, which is chosen elsewhere. @type {(keyof Dialect)[]} */
const PARTS = ["header", "delimiter", "encoding"];

/**
 * @param {string} id
 * @param {string} words  What is offered.
 * @param {(change: Partial<Dialect>) => void} choose
 */
export function dialectForm(id, words, choose) {
  const header = choice(`${id}-header`, { words: "First row", hint: "Whether the file names its columns." }, (value) =>
    choose({ header: value === "" ? null : value === "yes" }),
  );
  const delimiter = choice(
    `${id}-delimiter`,
    { words: "Between cells", hint: "What keeps the cells of a row apart." },
    (value) => choose({ delimiter: /** @type {Dialect["delimiter"]} */ (value || null) }),
  );
  const encoding = choice(
    `${id}-encoding`,
    { words: "Encoding", hint: "Where letters look wrong, another one fits." },
    (value) => choose({ encoding: value || null }),
  );
  const element = h(
    "details",
    { id, class: "more" },
    h("summary", {}, words),
    h("div", { class: "grid narrow" }, header.element, delimiter.element, encoding.element),
  );

  const drawOffer = whenChanged(
    (/** @type {Dialect|null} */ asked, /** @type {Dialect|null} */ found, /** @type {Encodings} */ encodings) => {
      if (!asked) return;
      const names = { yes: "Names of the columns", no: "A row of data" };
      header.offer(Object.entries(names), asked.header, found && (found.header ? names.yes : names.no));
      delimiter.offer(Object.entries(DELIMITERS), asked.delimiter, found?.delimiter && DELIMITERS[found.delimiter]);
      const known = encodings.map(([name, whose]) => [name, `${whose} (${name})`]);
      const wordsFor = (/** @type {string|null|undefined} */ name) =>
        name && (known.find(([one]) => one === name)?.[1] ?? name);
      encoding.offer(known, asked.encoding, wordsFor(found?.encoding));
      // What the format has no place for is not asked.
      show(header.element, !found || found.header !== null);
      show(delimiter.element, !found || found.delimiter !== null);
      show(encoding.element, !found || found.encoding !== null);
    },
  );
  let wasRefused = false;

  /** @param {Reading|null} reading @param {Encodings} encodings @param {boolean} busy */
  function draw(reading, encodings, busy) {
    // A Parquet file says all of it itself.
    const open = !reading?.found || PARTS.some((part) => reading.found?.[part] != null);
    show(element, reading !== null && open);
    drawOffer(reading?.asked ?? null, reading?.found ?? null, encodings);
    // Whose file was not read at all need not look for it.
    const refused = reading !== null && !reading.found;
    if (refused && !wasRefused) element.open = true;
    wasRefused = refused;
    for (const { select } of [header, delimiter, encoding]) {
      // Back to what holds, where it could not be read so.
      if (!busy) select.value = select.dataset.holds ?? "";
      select.disabled = busy;
    }
  }

  const drawn = keepFocus(element);
  let last = header.select;
  element.addEventListener("change", ({ target }) => (last = /** @type {HTMLSelectElement} */ (target)));

  return {
    element,

    /** @param {Parameters<typeof draw>} parts */
    update: (...parts) =>
      drawn(
        () => draw(...parts),
        () => [last],
      ),
  };
}

/**
 * @param {string} id
 * @param {{words: string, hint: string}} about
 * @param {(value: string) => void} choose  "" for what is found.
 */
function choice(id, about, choose) {
  const hint = h("p", { id: `${id}-hint`, class: "hint" });
  const select = h("select", { id, onchange: () => choose(select.value), "aria-describedby": hint.id });
  return {
    select,
    element: h("div", { class: "field" }, h("label", { class: "label", for: id }, about.words), select, hint),

    /** @param {string[][]} options  Values and their words. @param {string|boolean|null} asked @param {string|null|undefined} found  In words. */
    offer(options, asked, found) {
      fill(
        select,
        h("option", { value: "" }, "Automatic"),
        ...options.map(([value, words]) => h("option", { value }, words)),
      );
      select.dataset.holds = asked === null ? "" : typeof asked === "boolean" ? (asked ? "yes" : "no") : asked;
      hint.textContent = asked === null && found ? `Found: ${found}.` : about.hint;
    },
  };
}
