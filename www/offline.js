// Keeps a built page for when there is no network, and tells when a new edition of it has come.

import { edition } from "./edition.js";
import { scriptAddress } from "./trusted.js";

/** Held, shared, by every tab that trains: a new edition is not taken while one does. */
const TRAINING = "tabtune-training";

/**
 * @typedef {object} Told  What happens to the page as it is kept.
 * @property {() => void} onKept    All of it is kept: it works without a network from now on.
 * @property {() => void} onUpdate  A new edition is kept and waits.
 */

/**
 * Has the browser keep this page, if it is a built one and the browser can.
 *
 * @param {Told} told
 */
export async function keepPage({ onKept, onUpdate }) {
  if (edition === "" || !navigator.serviceWorker) return;
  try {
    const registration = await navigator.serviceWorker.register(
      scriptAddress(new URL("./sw.js", import.meta.url).href),
    );
    const told = () => (registration.waiting && navigator.serviceWorker.controller ? onUpdate() : undefined);
    told();
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", told));
    const { active } = await navigator.serviceWorker.ready;
    if (active) keepEncoder(active);
    onKept();
  } catch {
    // A browser that keeps nothing, as in some private windows: the page works as long as there is a network.
  }
}

/**
 * Has files of the page's own encoder kept: those that this visit has read already, and each that it is still reading once it is
 * there. The weights often take longer than all of the page.
 *
 * @param {ServiceWorker} worker
 */
function keepEncoder(worker) {
  const base = new URL("./pkg/models/", import.meta.url).href;
  const observer = new PerformanceObserver((read) => {
    const names = read.getEntries().map(({ name }) => name);
    const urlsToCache = names.filter((name) => name.startsWith(base));
    if (urlsToCache.length > 0) worker.postMessage({ type: "CACHE_URLS", payload: { urlsToCache } });
  });
  observer.observe({ type: "resource", buffered: true });
}

/**
 * Changes to the new edition, unless a tab trains.
 *
 * @returns {Promise<boolean>} False if one does; otherwise the page is on its way.
 */
export async function takeUpdate() {
  const registration = await navigator.serviceWorker.getRegistration();
  const take = () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    registration?.waiting?.postMessage({ type: "SKIP_WAITING" });
  };
  return navigator.locks.request(TRAINING, { ifAvailable: true }, (free) => {
    if (free) take();
    return free !== null;
  });
}

/** @type {(() => void)|null} */
let release = null;

/** Keeps new editions off while this tab trains. @param {boolean} training */
export function holdOff(training) {
  if (!training) {
    release?.();
    release = null;
  } else if (!release && navigator.locks) {
    /** @type {Promise<void>} */
    const over = new Promise((resolve) => (release = resolve));
    void navigator.locks.request(TRAINING, { mode: "shared" }, () => over);
  }
}
