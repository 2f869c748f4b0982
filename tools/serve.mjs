// Serves the page from www/ and pkg/ on this machine: `node tools/serve.mjs [PORT]`; the browser tests import `serve`.
import http from "node:http";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * These isolate the page from other origins, which browsers demand before they hand out shared memory, the threads'
 * means, and precise timers. Of the two ways to embed, Safari knows `require-corp` alone; models from the hub are fetched
 * by CORS, which it lets pass.
 */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Files are read anew each time and checked by their ETag, so that a reload shows what was just built. */
const LIVE = { dev: true, etag: true };

/**
 * Starts the server on the loopback address.
 *
 * @param {number} port 0 takes any free port.
 * @param {string} [site] A folder that holds everything (`dist`); without it www/ is `/` and pkg/ is `/pkg/`.
 * @param {Record<string, string>} [headers] Of every answer; the tests also play a host that sends none.
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function serve(port, site, headers = ISOLATION) {
  const page = sirv(site ?? root + "www", LIVE);
  const pkg = site ? null : sirv(root + "pkg", LIVE);
  const server = http.createServer((request, response) => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const absent = () => {
      response.writeHead(404).end();
    };
    const path = request.url ?? "/";
    if (!pkg || !path.startsWith("/pkg/")) return page(request, response, absent);
    request.url = path.slice("/pkg".length);
    pkg(request, response, absent);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** @param {string} message */
function fail(message) {
  console.error(`\ntabtune: ${message}`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = process.argv[2] ?? "8080";
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65535) fail(`PORT=${given} is not a port; give a number from 0 to 65535.`);
  try {
    const { url } = await serve(port, process.argv[3]);
    console.log(`\nTabtune is at ${url}   (Ctrl+C ends it)`);
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === "EADDRINUSE") fail(`port ${port} is taken; choose another one: make serve PORT=${port + 1}`);
    if (code === "EACCES") fail(`this user may not open port ${port}; choose one above 1023: make serve PORT=8080`);
    throw error;
  }
}
