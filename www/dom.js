// Builds elements from names, properties and children; text is only ever text, never markup.

/** @typedef {Node|string|number|null|false|undefined} Child */

/**
 * Makes an element. A function is a listener ("onclick"), `text` the text, `data` the data attributes,
 * true an empty attribute, false or null none; everything else is an attribute.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") {
      element.addEventListener(name.replace(/^on/, ""), /** @type {EventListener} */ (value));
    } else if (name === "text") {
      element.textContent = String(value);
    } else if (name === "data") {
      Object.assign(element.dataset, value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  if (children.length > 0) fill(element, ...children);
  return element;
}

/**
 * Replaces what an element holds.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  const nodes = children.filter((child) => child !== null && child !== false && child !== undefined);
  element.replaceChildren(...nodes.map((child) => (child instanceof Node ? child : String(child))));
}

/**
 * Shows or hides an element, for screen readers, too.
 *
 * @param {HTMLElement} element
 * @param {boolean} visible
 * @param {HTMLElement} [heir]  Where the focus goes on that would be lost with the element.
 */
export function show(element, visible, heir) {
  const orphaned = heir && !visible && !element.hidden && element.contains(document.activeElement);
  if (element.hidden === visible) element.hidden = !visible;
  if (orphaned) heir.focus();
}

/**
 * Writes words where they are other ones: a screen reader reads out every writing in a live region, the same words too.
 *
 * @param {Element} element
 * @param {string} words
 */
export function tell(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Wraps a drawing function so that it runs only when one of its arguments is another value than last time.
 * The state is never changed in place, so identity is enough.
 *
 * @template {unknown[]} Parts
 * @param {(...parts: Parts) => void} draw
 * @returns {(...parts: Parts) => void}
 */
export function whenChanged(draw) {
  /** @type {Parts|null} */
  let last = null;
  return (...parts) => {
    if (last && parts.every((part, index) => Object.is(part, last?.[index]))) return;
    last = parts;
    draw(...parts);
  };
}

/** Brings an element to where it is seen; at once for those who want no motion, as the style sheet has it. @param {HTMLElement} element */
export function reveal(element) {
  const { top, bottom } = element.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) element.scrollIntoView({ block: "center" });
}

/** @param {() => void} close */
export function onEscape(close) {
  return (/** @type {KeyboardEvent} */ event) => void (event.key === "Escape" && close());
}
