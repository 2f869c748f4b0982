// What every browser test stands on: the page served, a real Chromium on the software WebGPU adapter, and a record of
// everything that the page asks the network for or complains about.
import http from "node:http";
import { chromium } from "playwright-core";
import { serve } from "../../tools/serve.mjs";

/**
 * Has a worker's GPU lost whenever the page says so, as a driver does that is reset: the browser goes on giving out others.
 * Where its whole GPU process is killed, Chromium gives none after the second time.
 */
const LOSABLE = `
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (wishes) {
    const device = await requestDevice.call(this, wishes);
    const lost = new Promise((resolve) => {
      new BroadcastChannel("lose").addEventListener("message", () => {
        device.destroy();
        resolve({ reason: "unknown", message: "A test reset it." });
      });
    });
    return Object.defineProperty(device, "lost", { value: lost });
  };
`;

/** None of the browser's own traffic. */
export const QUIET = [
  "--no-sandbox",
  // The watchdog takes a software adapter that compiles for seconds for one that hangs.
  "--disable-gpu-watchdog",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** WebGPU without graphics hardware. */
export const FLAGS = [
  ...QUIET,
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

/** How long anything may take, in milliseconds: software WebGPU compiles its kernels for minutes on a busy machine. */
export const PATIENCE = 300_000;

/**
 * Hosts that Chromium itself looks for in the name of a profile, whatever page is open: its own sign-in, its form filler,
 * its spelling dictionaries.
 */
const ITS_OWN = /\b(update|content-autofill)\.googleapis\.com\b|\baccounts\.google\.com\b|\bredirector\.gvt1\.com\b/;

/** Where the browser's own services are sent: the port that discards, so that they neither wait nor leave. */
const NOWHERE = "http://127.0.0.1:9";

/**
 * A proxy that answers nothing and remembers who was asked for. All that a page or its workers want from another machine
 * comes here, so nothing can leave unseen.
 *
 * @returns {Promise<{port: number, asked: string[], close: () => void}>}
 */
async function startTrap() {
  /** @type {string[]} */
  const asked = [];
  const note = (/** @type {string} */ what) => {
    if (!ITS_OWN.test(what)) asked.push(what);
  };
  const server = http.createServer((request, response) => {
    note(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on("connect", (request, socket) => {
    note(`CONNECT ${request.url}`);
    // Who is refused may hang up first. Nobody else listens to this socket, and an error unheard would end the test file.
    socket.on("error", () => {});
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { port, asked, close: () => server.close() };
}

/**
 * @typedef {object} Opened  A page that was opened for one test.
 * @property {import("playwright-core").Page} page
 * @property {{url: string, method: string, body: Buffer | null}[]} requests  Everything asked of the network.
 * @property {string[]} errors  Uncaught exceptions and error lines of the console.
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Wish
 * @property {"gpu"|"cpu"} device
 * @property {boolean} [encoder] Whether the page loads the default encoder; left out, the browser says that it saves data
 *   and the page waits to be given one.
 * @property {string} [path]   Another page than the first.
 * @property {string} [query]  What else the address says.
 * @property {() => void} [first]  What runs in the page before its own scripts.
 * @property {boolean} [storage]  False for a browser that gives pages no storage: its workers find none, either.
 * @property {boolean} [losable]  A GPU that a message on the channel "lose" takes away.
 * @property {string} [worker]  What runs in the engine's worker before its own script.
 */

/**
 * @typedef {object} Site
 * @property {string} origin  With a slash at the end.
 * @property {string[]} asked  What pages wanted from any other machine.
 * @property {(wish: Wish) => Promise<Opened>} open
 * @property {() => Promise<void>} close
 */

/**
 * Serves the page and starts the browser: once per test file.
 *
 * @param {string} [folder] A folder to serve instead of www/ and pkg/.
 * @param {Record<string, string>} [headers] Of every answer, instead of those that isolate the page.
 * @returns {Promise<Site>}
 */
export async function startSite(folder, headers) {
  const [server, trap] = await Promise.all([serve(0, folder, headers), startTrap()]);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, `--proxy-server=${NOWHERE}`],
  });
  return {
    origin: server.url,
    asked: trap.asked,
    open: (wish) => openPage(browser, server.url, trap.port, wish),
    async close() {
      await browser.close();
      await server.close();
      trap.close();
    },
  };
}

/**
 * @param {import("playwright-core").Browser} browser
 * @param {string} origin
 * @param {number} trap Port of the proxy that remembers.
 * @param {Wish} wish
 * @returns {Promise<Opened>}
 */
async function openPage(browser, origin, trap, wish) {
  const { device, encoder = false, path = "", query = "", storage = true, losable = false, worker = "", first } = wish;
  // The page's own machine is asked directly.
  const proxy = { server: `http://127.0.0.1:${trap}`, bypass: "127.0.0.1" };
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, proxy });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  if (!encoder) {
    await page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
  }
  if (first) await page.addInitScript(first);
  /** @type {Opened["requests"]} */
  const requests = [];
  /** @type {string[]} */
  const errors = [];
  context.on("request", (r) => requests.push({ url: r.url(), method: r.method(), body: r.postDataBuffer() }));
  page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
  page.on("console", (line) => {
    if (line.type() === "error") errors.push(line.text());
  });
  if (!storage) {
    const without = `Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });`;
    await changed(context, "**/projects/worker.js", (script) => without + script);
  }
  const before = (losable ? LOSABLE : "") + worker;
  if (before) await changed(context, `${origin}worker.js`, (script) => before + script);
  await page.goto(`${origin}${path}?device=${device}&${query}`);
  return { page, requests, errors, close: () => context.close() };
}

/**
 * Has a script of the page come changed.
 *
 * @param {import("playwright-core").BrowserContext} context @param {string} address @param {(script: string) => string} change
 */
async function changed(context, address, change) {
  await context.route(address, async (route) => {
    // Not by the browser's way, which is the proxy.
    const response = await fetch(route.request().url());
    await route.fulfill({ headers: Object.fromEntries(response.headers), body: change(await response.text()) });
  });
}
