// The service worker of a built page (`make dist`): keeps the page, the engine and the encoder that comes with it, so that
// all works without a network after the first visit. A new edition waits until no tab uses the old one, or until the user
// takes it (offline.js); tabs never get files of two editions.

const scope = /** @type {KeepingScope} */ (/** @type {unknown} */ (globalThis));
scope.importScripts("./files.js", "./pkg/vendor/workbox/workbox-sw.js");

scope.workbox.setConfig({ debug: false, modulePathPrefix: "./pkg/vendor/workbox/" });
const { core, precaching, routing, strategies } = scope.workbox;

/** What was written beside this file when the page was built. */
const { files, encoder } = scope.EDITION;

/** Caches of encoders that came with the page, by the checksum of its weights. */
const ENCODERS = "tabtune-encoder-";
const HERE = `${ENCODERS}${encoder}`;

/**
 * With these a browser hands out shared memory, the threads' means. Hosts that cannot send them need not: from the second
 * visit on, the page comes from here. (Safari knows no other policy of embedding.)
 */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** @param {Response} response */
function isolated(response) {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

precaching.addPlugins([
  {
    cacheWillUpdate: async (/** @type {{response: Response}} */ { response }) =>
      response.status === 200 ? isolated(response) : null,
  },
]);
// The address may say which device to use; the page is the same.
precaching.precacheAndRoute(files, { directoryIndex: "index.html", ignoreURLParametersMatching: [/./u] });
precaching.cleanupOutdatedCaches();

// Large, and wanted by most but not by all: kept when it is first read.
routing.registerRoute(
  (/** @type {{sameOrigin: boolean, url: URL}} */ { sameOrigin, url }) =>
    sameOrigin && url.pathname.includes("/pkg/models/"),
  new strategies.CacheFirst({ cacheName: HERE, matchOptions: { ignoreVary: true } }),
);

scope.addEventListener("activate", (event) => event.waitUntil(forgetOtherEncoders()));

async function forgetOtherEncoders() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(ENCODERS) && name !== HERE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

scope.addEventListener("message", ({ data }) => {
  if (data?.type === "SKIP_WAITING") scope.skipWaiting();
});
core.clientsClaim();
