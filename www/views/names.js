// Names that come from the user's table as heads of rows and columns: as wide as they need up to a limit, then wrapped, so
// that the numbers beside them keep their room; at the left in every script, where the rest of the table begins.

import { h } from "../dom.js";
import { visible } from "../visible.js";

/** @param {"row"|"col"} scope @param {string} name @param {number} most Characters that are shown. */
export function nameHead(scope, name, most) {
  const words = h("span", { class: "name", dir: "auto", text: visible(name, most) });
  return h("th", { scope, class: "named", title: visible(name, 200) }, words);
}
