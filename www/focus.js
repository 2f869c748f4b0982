// Where the focus goes when what has it is hidden, disabled for a while, or drawn anew.

/** @param {Element} element */
const usable = (element) => element.checkVisibility() && !element.matches(":disabled");

/**
 * @param {HTMLElement} home  What loses the focus.
 * @returns {(draw: () => void, heirs: () => (HTMLElement|null|undefined)[]) => void} Draws; the first heir that can be used gets
 *   the focus that this took away, or that an earlier drawing did when there was none. Whoever went elsewhere meanwhile stays there.
 */
export function keepFocus(home) {
  let homeless = false;
  return (draw, heirs) => {
    const focused = document.activeElement;
    const inside = focused && home.contains(focused);
    draw();
    if (inside && (!home.contains(focused) || !usable(focused))) homeless = true;
    else if (focused && focused !== document.body) homeless = false;
    if (!homeless) return;
    const heir = heirs().find((element) => element && usable(element));
    if (!heir) return;
    homeless = false;
    heir.focus();
  };
}
