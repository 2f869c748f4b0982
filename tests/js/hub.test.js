// Downloads from the hub, with the network and the browser's storage played by the test.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";

import { listKept, removeKept } from "../../www/hub.js";
import { modelOfHub } from "../../www/models.js";

const BYTES = new TextEncoder().encode("weights of a tiny model");
const SUM = createHash("sha256").update(BYTES).digest("hex");
const LISTING = [
  { path: "config.json", size: 2 },
  { path: "tokenizer.json", size: 2 },
  { path: "model.safetensors", size: BYTES.length, lfs: { oid: SUM } },
];
const PROGRESS = () => {};

/** @type {string[]} */
let asked = [];
/** @type {Map<string, Response>} */
let stored = new Map();
const realFetch = globalThis.fetch;

/** @param {(address: string) => Response|Promise<Response>} answer */
function network(answer) {
  globalThis.fetch = async (address) => {
    asked.push(String(address));
    return answer(String(address));
  };
}

/** @param {unknown} listing */
function hub(listing = LISTING) {
  network((address) => {
    if (address.includes("/api/")) return Response.json(listing);
    return address.endsWith(".safetensors") ? new Response(BYTES) : new Response("{}");
  });
}

beforeEach(() => {
  asked = [];
  stored = new Map();
  const cache = {
    match: async (/** @type {string|Request} */ key) => stored.get(typeof key === "string" ? key : key.url)?.clone(),
    put: async (/** @type {string} */ key, /** @type {Response} */ response) => void stored.set(key, response),
    keys: async () => [...stored.keys()].map((key) => new Request(key)),
    delete: async (/** @type {Request} */ key) => stored.delete(key.url),
  };
  Object.defineProperty(globalThis, "caches", { configurable: true, value: { open: async () => cache } });
});

afterEach(() => {
  globalThis.fetch = realFetch;
  Reflect.deleteProperty(globalThis, "caches");
});

test("a model is downloaded once, from the hub alone, and kept", async () => {
  hub();
  const files = await modelOfHub("owner/name").read(PROGRESS);
  assert.deepEqual(files.weights, BYTES);
  assert.ok(asked.every((address) => address.startsWith("https://huggingface.co/")));
  assert.deepEqual(await listKept(), [{ repo: "owner/name", bytes: BYTES.length + 4 }]);

  network(() => assert.fail("nothing may be asked for what is kept"));
  assert.deepEqual((await modelOfHub("owner/name").read(PROGRESS)).weights, BYTES);

  await removeKept("owner/name");
  assert.deepEqual(await listKept(), []);
});

test("a kept file that was damaged is downloaded again", async () => {
  hub();
  await modelOfHub("owner/name").read(PROGRESS);
  const address = "https://huggingface.co/owner/name/resolve/main/model.safetensors";
  const headers = /** @type {Response} */ (stored.get(address)).headers;
  stored.set(address, new Response(BYTES.slice().fill(7), { headers }));
  assert.deepEqual((await modelOfHub("owner/name").read(PROGRESS)).weights, BYTES);
});

test("damaged bytes are refused and not kept", async () => {
  hub([...LISTING.slice(0, 2), { path: "model.safetensors", size: BYTES.length, lfs: { oid: "0".repeat(64) } }]);
  await assert.rejects(modelOfHub("owner/name").read(PROGRESS), { message: /checksum/u });
  assert.ok(![...stored.keys()].some((key) => key.endsWith(".safetensors")));
});

test("a repository without a needed file, or with one too large, is refused before the download", async () => {
  hub(LISTING.slice(0, 2));
  await assert.rejects(modelOfHub("owner/name").read(PROGRESS), { message: /no model.safetensors/u });
  hub([...LISTING.slice(0, 2), { path: "model.safetensors", size: 5e9 }]);
  await assert.rejects(modelOfHub("owner/name").read(PROGRESS), { message: /5.0 GB; at most 800 MB/u });
  assert.ok(asked.every((address) => address.includes("/api/")));
});

test("offline, unknown and nonsense are each a sentence", async () => {
  network(() => Promise.reject(new TypeError("fetch failed")));
  await assert.rejects(modelOfHub("owner/name").read(PROGRESS), { message: /owner\/name cannot be downloaded/u });
  network(() => new Response("", { status: 404 }));
  await assert.rejects(modelOfHub("owner/name").read(PROGRESS), { message: /no public model owner\/name/u });
  network(() => new Response("<html>"));
  await assert.rejects(modelOfHub("owner/name").read(PROGRESS), { message: /not a list of files/u });
});
