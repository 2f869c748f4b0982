// A document just large enough to draw the page's views without a browser, and what a reader of it sees. Markup in a text
// would have to become an element to do harm, and elements here are made by name only: the tests look at the names.

class Node {
  /** @type {Node[]} */
  children = [];
  /** @type {Element|null} */
  parent = null;

  get textContent() {
    return this.children.map((/** @type {Node} */ child) => child.textContent).join("");
  }

  set textContent(/** @type {string} */ text) {
    this.children = text === "" ? [] : [new Text(text)];
  }
}

class Text extends Node {
  /** @param {string} text */
  constructor(text) {
    super();
    this.text = text;
  }

  get textContent() {
    return this.text;
  }
}

export class Element extends Node {
  /** @type {Record<string, string>} */
  attributes = {};
  /** @type {Record<string, string>} */
  styles = {};
  /** @type {Record<string, string>} */
  dataset = {};
  hidden = false;
  disabled = false;
  value = "";
  /** @type {{type: string, listener: (event: any) => void, capture: boolean}[]} */
  listeners = [];
  classList = { toggle() {} };
  style = { setProperty: (/** @type {string} */ name, /** @type {string} */ value) => (this.styles[name] = value) };

  /** @param {string} tag */
  constructor(tag) {
    super();
    this.tag = tag;
  }

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.attributes[name] = value;
  }

  /** @param {string} name */
  removeAttribute(name) {
    delete this.attributes[name];
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  /** @param {string} type @param {(event: any) => void} listener @param {{capture?: boolean}} [options] */
  addEventListener(type, listener, { capture = false } = {}) {
    this.listeners.push({ type, listener, capture });
  }

  /** What a user does to it: all around hears of it first where it captures. @param {string} type */
  fire(type) {
    let stopped = false;
    const event = { target: this, preventDefault() {}, stopImmediatePropagation: () => (stopped = true) };
    const around = this.around().reverse();
    const hearing = around.flatMap((element) =>
      element.listeners
        .filter((one) => one.type === type && (one.capture || element === this))
        .map(({ listener }) => ({ listener, element })),
    );
    for (const { listener, element } of hearing) {
      if (!stopped) listener({ ...event, currentTarget: element });
    }
  }

  /** @returns {Element[]} Itself and what it lies in. */
  around() {
    return [this, ...(this.parent?.around() ?? [])];
  }

  /** @param {Element|null} other */
  contains(other) {
    return other !== null && other.around().includes(this);
  }

  get isConnected() {
    return this.around().some((element) => element === page.body);
  }

  checkVisibility() {
    return this.isConnected && !this.around().some(({ hidden }) => hidden);
  }

  /** @param {":disabled"} _ */
  matches(_) {
    return this.around().some(({ disabled }) => disabled);
  }

  /** As the browser does: what cannot be seen or used does not get it. */
  focus() {
    if (!this.hidden && !this.disabled) page.activeElement = this;
  }

  /** @returns {Element|null} */
  get firstElementChild() {
    return this.children.find((child) => child instanceof Element) ?? null;
  }

  /** @param {...(Node|string)} nodes */
  append(...nodes) {
    this.replaceChildren(...this.children, ...nodes);
  }

  /** @param {...(Node|string)} nodes */
  replaceChildren(...nodes) {
    for (const child of this.children) child.parent = null;
    this.children = nodes.map((node) => (node instanceof Node ? node : new Text(node)));
    for (const child of this.children) child.parent = this;
  }

  /** @param {string} tag @returns {Element[]} All of that name below. */
  all(tag) {
    const elements = this.children.filter((child) => child instanceof Element);
    return elements.flatMap((child) => [...(child.tag === tag ? [child] : []), ...child.all(tag)]);
  }
}

/** The element of an id. @param {Element} root @param {string} id @returns {Element} */
export function byId(root, id) {
  const found = find(root, id);
  if (!found) throw new Error(`nothing has the id ${id}`);
  return found;
}

/** @param {Element} element @param {string} id @returns {Element|null} */
function find(element, id) {
  if (element.attributes.id === id) return element;
  for (const child of element.children) {
    const found = child instanceof Element ? find(child, id) : null;
    if (found) return found;
  }
  return null;
}

/** Whether an element and all around it are shown. @param {Element} root @param {string} id */
export function isShown(root, id) {
  const below = (/** @type {Element} */ element) => find(element, id) !== null;
  for (let element = root; ;) {
    if (element.hidden) return false;
    if (element.attributes.id === id) return true;
    const next = element.children.filter((child) => child instanceof Element).find(below);
    if (!next) return false;
    element = next;
  }
}

export const page = {
  body: new Element("body"),
  /** @type {Element|null} */
  activeElement: null,
  createElement: (/** @type {string} */ tag) => new Element(tag),
};

/** Lets the page's modules build elements in this process. */
export function installPage() {
  Object.assign(globalThis, { Node, document: page });
}

/** The element that has the focus. A browser takes it away from what is hidden or disabled. @param {Element} root */
export function focusedIn(root) {
  const focused = page.activeElement;
  return focused && !focused.disabled && isShown(root, focused.attributes.id) ? focused.attributes.id : null;
}

/** What a view drew. @param {unknown} drawn An element or a list of them. @returns {Element} */
export function drawnIn(drawn) {
  const root = new Element("root");
  root.replaceChildren(.../** @type {Node[]} */ ([drawn].flat().filter((part) => part instanceof Node)));
  return root;
}
