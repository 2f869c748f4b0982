// The veil over the page while files are dragged over it: it stays until they leave the window, whatever a browser says of that.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Element, installPage } from "./page.js";

installPage();
const { dropTarget } = await import("../../www/panels/drop.js");

/** @typedef {{target: unknown, relatedTarget: unknown}} Dragged */

/** The veil, and what the browser says to the window. */
function veil() {
  /** @type {Map<string, (event: object) => void>} */
  const listeners = new Map();
  Object.assign(globalThis, { window: globalThis, addEventListener: listeners.set.bind(listeners) });
  const actions = /** @type {import("../../www/actions.js").Actions} */ ({});
  const element = /** @type {Element} */ (/** @type {unknown} */ (dropTarget(actions).element));
  const say = (/** @type {string} */ type, /** @type {Dragged} */ about) =>
    listeners.get(type)?.({ ...about, dataTransfer: { types: ["Files"] }, preventDefault() {} });
  return { element, say };
}

const [first, second] = [new Element("p"), new Element("p")];

for (const [browser, named] of /** @type {const} */ ([
  ["Chromium and Firefox", true],
  ["Safari", false],
])) {
  test(`files that are dragged from one element to another stay over the page in ${browser}`, () => {
    const { element, say } = veil();
    say("dragenter", { target: first, relatedTarget: null });
    say("dragover", { target: first, relatedTarget: null });
    assert.equal(element.hidden, false);
    say("dragenter", { target: second, relatedTarget: named ? first : null });
    say("dragleave", { target: first, relatedTarget: named ? second : null });
    assert.equal(element.hidden, false, "another element");
    say("dragleave", { target: second, relatedTarget: null });
    assert.equal(element.hidden, true, "out of the window");
  });
}

test("what takes files itself lifts the veil", () => {
  const { element, say } = veil();
  say("dragenter", { target: first, relatedTarget: null });
  say("dragover", { target: first, relatedTarget: null });
  say("dragleave", { target: globalThis, relatedTarget: null });
  assert.equal(element.hidden, true);
});
