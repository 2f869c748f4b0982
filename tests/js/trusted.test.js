// How workers are started: what they are sent before their module is there is not lost, and a module that is not there is told of.

import assert from "node:assert/strict";
import { resolveObjectURL } from "node:buffer";
import { test } from "node:test";

import { startWorker } from "../../www/trusted.js";

/**
 * What a worker would be inside, without one: events, and the module's own ears.
 *
 * @param {string} module  Its source; `scope` is what it listens on.
 */
async function started(module) {
  const scope = new EventTarget();
  /** @type {string[]} */
  const addresses = [];
  Object.assign(globalThis, {
    scope,
    Worker: class {
      /** @param {string} address */
      constructor(address) {
        addresses.push(address);
      }
    },
  });
  const address = `data:text/javascript,${encodeURIComponent(module)}`;
  startWorker(address, "a worker");
  const source = await /** @type {Blob} */ (resolveObjectURL(addresses[0])).text();
  /** @type {(() => void)[]} */
  const later = [];
  const names = ["addEventListener", "removeEventListener", "dispatchEvent"];
  const means = /** @type {(keyof EventTarget)[]} */ (names).map((name) => scope[name].bind(scope));
  new Function(...names, "setTimeout", source)(...means, (/** @type {() => void} */ work) => later.push(work));
  return { scope, later, loaded: import(address).catch(() => null) };
}

test("a worker hands its module all that it was sent before that was there, in order", async () => {
  const heard = /** @type {string[]} */ ([]);
  Object.assign(globalThis, { heard });
  const { scope, loaded } = await started("scope.addEventListener('message', ({ data }) => heard.push(data));");
  const send = (/** @type {string} */ data) => scope.dispatchEvent(new MessageEvent("message", { data }));
  send("first");
  send("second");
  assert.deepEqual(heard, []);
  await loaded;
  send("third");
  assert.deepEqual(heard, ["first", "second", "third"]);
});

test("ports come along with what was sent too early", async () => {
  const ports = /** @type {MessagePort[]} */ ([]);
  Object.assign(globalThis, { ports });
  const { scope, loaded } = await started("scope.addEventListener('message', (event) => ports.push(...event.ports));");
  const { port1 } = new MessageChannel();
  scope.dispatchEvent(new MessageEvent("message", { data: null, ports: [port1] }));
  await loaded;
  assert.deepEqual(ports, [port1]);
  port1.close();
});

test("a module that cannot be loaded is an error of its worker that nobody catches", async () => {
  const { later, loaded } = await started("throw new Error('damaged')");
  await loaded;
  assert.throws(() => later[0](), /damaged/);
});
