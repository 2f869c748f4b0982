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
  const source = `import ${JSON.stringify(module)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(scriptAddress(address), { type: "module", name });
}
