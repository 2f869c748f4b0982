// The one door through which addresses become scripts, where the browser enforces Trusted Types: the page's policy
// (index.html) allows no other.

/** @typedef {{createPolicy: (name: string, rules: {createScriptURL: (address: string) => string}) => {createScriptURL: (address: string) => string}}} Factory */

const factory = /** @type {{trustedTypes?: Factory}} */ (globalThis).trustedTypes;
const policy = factory?.createPolicy("tabtune", { createScriptURL: own });

/** Scripts of this page's origin, and blobs, which only this page can make. @param {string} address */
function own(address) {
  const { protocol, origin } = new URL(address);
  if (protocol !== "blob:" && origin !== new URL(import.meta.url).origin) {
    throw new TypeError(`${address} is no script of this page.`);
  }
  return address;
}

/** @param {string} address @returns {string} The same, as workers are started from. */
export function scriptAddress(address) {
  return policy ? policy.createScriptURL(address) : own(address);
}

/**
 * Starts a worker from a blob that imports a module: a blob's worker is bound by the page's own Content-Security-Policy;
 * one from an address has only what the host's headers say, and a static host says nothing.
 *
 * @param {string} module  Whole address.
 * @param {string} name
 */
export function startWorker(module, name) {
  const source = `(${introduce})(${JSON.stringify(module)});`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(scriptAddress(address), { type: "module", name });
}

/**
 * All that the blob does, and so it knows nothing of what is around it here. It imports by a call, since Firefox asks the
 * network and not the service worker for what a blob's worker imports by a statement; and keeps what it is sent until the
 * module is there to listen.
 *
 * @param {string} module
 */
function introduce(module) {
  /** @type {MessageEvent[]} */
  const early = [];
  const keep = (/** @type {MessageEvent} */ event) => {
    event.stopImmediatePropagation();
    early.push(event);
  };
  addEventListener("message", keep);
  const handOver = () => {
    removeEventListener("message", keep);
    for (const { data, ports } of early) dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
  };
  // Thrown where nobody catches it, so that whoever started the worker is told.
  const fail = (/** @type {unknown} */ why) => {
    setTimeout(() => {
      throw why;
    });
  };
  import(module).then(handOver, fail);
}
