// The frame that all five steps share: number, title, a line on where the step stands, and a body.

import { fill, h, show, tell } from "../dom.js";
import { visible } from "../visible.js";

/**
 * @param {number} number
 * @param {string} id
 * @param {string} title
 * @param {string} lede  One line on what the step is for.
 */
export function section(number, id, title, lede) {
  const status = h("p", { class: "step-status" });
  const body = h("div", { class: "step-body" });
  const heading = h("h2", { id: `${id}-title` }, title);
  const badge = h("span", { class: "badge", "aria-hidden": "true" }, number);
  const element = h(
    "section",
    { id, class: "step", "aria-labelledby": `${id}-title`, tabindex: "-1" },
    h("header", { class: "step-head" }, badge, h("div", {}, heading, h("p", { class: "hint" }, lede)), status),
    body,
  );

  /** @param {string} words @param {boolean} done */
  function stand(words, done) {
    if (status.textContent !== words) status.textContent = words;
    element.classList.toggle("done", done);
    badge.textContent = done ? "✓" : String(number);
  }

  return { element, body, stand };
}

/** A mistake in words, announced when it appears. @param {string} id */
export function mistakeLine(id) {
  const element = h("p", { id, class: "mistake", role: "alert" });
  show(element, false);

  /** @param {import("../protocol.js").Mistake|null} mistake */
  function update(mistake) {
    tell(
      element,
      (mistake?.message ?? "")
        .split("\n")
        .map((line) => visible(line))
        .join("\n"),
    );
    show(element, mistake !== null);
  }

  return { element, update };
}

/** What only a screen reader is told, each time that it is something else. @param {string} id */
export function spoken(id) {
  const element = h("p", { id, class: "visually-hidden", role: "status" });

  return { element, update: (/** @type {string} */ words) => tell(element, words) };
}

/** A list of notes in words, which may name what is in a user's file; hidden when there are none. @param {string} id */
export function noteList(id) {
  const element = h("ul", { id, class: "notes" });

  /** @param {string[]} notes */
  function update(notes) {
    fill(element, ...notes.map((note) => h("li", { text: visible(note), dir: "auto" })));
    show(element, notes.length > 0);
  }

  update([]);
  return { element, update };
}

/** A progress bar with words above it. @param {string} id */
export function progressBar(id) {
  const words = h("span", {});
  const figure = h("span", { class: "figure" });
  const bar = h("progress", { id, "aria-label": "Progress", max: 1 });
  const element = h("div", { class: "progress" }, h("div", { class: "progress-words" }, words, figure), bar);

  /** @param {string} text @param {number|null} share  Null while the end is unknown. @param {string} [right] */
  function update(text, share, right = "") {
    words.textContent = text;
    figure.textContent = right;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    bar.setAttribute("aria-label", text);
  }

  return { element, update };
}
