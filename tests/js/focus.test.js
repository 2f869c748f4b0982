// Where the focus goes when what had it goes away, in browsers that cannot be asked whether an element is seen, too.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Element, installPage, page } from "./page.js";

installPage();
const { keepFocus } = await import("../../www/focus.js");

/** Two buttons in a row, the first with the focus. @param {boolean} asked  Whether the browser can be asked. */
function row(asked) {
  const home = new Element("div");
  const buttons = [new Element("button"), new Element("button"), new Element("button")];
  for (const element of buttons) {
    const seen = () => element.isConnected && !element.hidden;
    Object.assign(element, { checkVisibility: asked ? seen : undefined, getClientRects: () => (seen() ? [{}] : []) });
  }
  home.replaceChildren(...buttons);
  page.body.replaceChildren(home);
  buttons[0].focus();
  return { home: /** @type {HTMLElement} */ (/** @type {unknown} */ (home)), buttons };
}

for (const asked of [true, false]) {
  test(`the first heir that is seen gets the focus, ${asked ? "as the browser says" : "by what is drawn"}`, () => {
    const { home, buttons } = row(asked);
    const draw = () => {
      buttons[0].hidden = true;
      buttons[1].hidden = true;
    };
    const heirs = /** @type {HTMLElement[]} */ (/** @type {unknown} */ (buttons.slice(1)));
    keepFocus(home)(draw, () => heirs);
    assert.equal(page.activeElement, buttons[2]);
  });
}
