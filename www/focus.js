// Where the focus stays or goes when what has it does nothing for a while, is hidden, disabled or drawn anew.

/** Safari before 17.4 cannot be asked whether an element is seen: what is not drawn has no boxes. @param {Element} element */
const isSeen = (element) => element.checkVisibility?.() ?? element.getClientRects().length > 0;

/** @param {Element} element */
const usable = (element) => isSeen(element) && !element.matches(":disabled");

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

/**
 * Wraps a drawing function in [keepFocus]{@link keepFocus}, with heirs that are always the same.
 *
 * @template {unknown[]} Parts
 * @param {HTMLElement} home
 * @param {HTMLElement[]} heirs
 * @param {(...parts: Parts) => void} draw
 * @returns {(...parts: Parts) => void}
 */
export function keepingFocus(home, heirs, draw) {
  const drawn = keepFocus(home);
  return (...parts) =>
    drawn(
      () => draw(...parts),
      () => heirs,
    );
}

/**
 * Has a control, or all that a group holds, do nothing for now, and says so. Unlike `disabled` it leaves the focus where it is,
 * which the browser would otherwise drop to the top of the page.
 *
 * @param {HTMLElement} element
 * @param {boolean} resting
 */
export function rest(element, resting) {
  if (element.getAttribute("aria-disabled") === null) element.addEventListener("click", refuse, { capture: true });
  if (element.getAttribute("aria-disabled") !== String(resting)) element.setAttribute("aria-disabled", String(resting));
}

/** @param {Event} event */
function refuse(event) {
  const element = /** @type {Element} */ (event.currentTarget);
  if (element.getAttribute("aria-disabled") !== "true") return;
  event.preventDefault();
  event.stopImmediatePropagation();
}
