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
const SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

/** The model that the tests ask for; the engine reads lists of weights. */
function model() {
  return modelOfHub("owner/name", async () => SHARDS);
}

const MODULES = [
  "1_Pooling/config.json",
  "2_Dense/config.json",
  "2_Dense/model.safetensors",
  "modules.json",
  "sentence_bert_config.json",
];
/** A repository of sentence-transformers, with files that are none of its modules'. */
const SENTENCE = [
  ...LISTING,
  ...MODULES.map((path) => ({ path, size: path.endsWith(".json") ? 2 : BYTES.length })),
  ...["onnx/config.json", "../1_Pooling/config.json", "/1_Pooling/config.json", "9_Other/config.json"].map((path) => ({
    path,
    size: 2,
  })),
];

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

/** @param {{path: string}[]} listing  Of all folders; the hub lists the top one unless it is asked for all. */
function hub(listing = LISTING) {
  network((address) => {
    if (address.includes("/api/")) {
      const all = address.endsWith("?recursive=true");
      return Response.json(all ? listing : listing.filter(({ path }) => !path.includes("/")));
    }
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
  const files = await model().read(PROGRESS);
  assert.deepEqual(files.weights, BYTES);
  assert.ok(asked.every((address) => address.startsWith("https://huggingface.co/")));
  assert.deepEqual(await listKept(), [{ repo: "owner/name", bytes: BYTES.length + 4 }]);

  network(() => assert.fail("nothing may be asked for what is kept"));
  assert.deepEqual((await model().read(PROGRESS)).weights, BYTES);

  await removeKept("owner/name");
  assert.deepEqual(await listKept(), []);
});

test("a kept file that was damaged is downloaded again", async () => {
  hub();
  await model().read(PROGRESS);
  const address = "https://huggingface.co/owner/name/resolve/main/model.safetensors";
  const headers = /** @type {Response} */ (stored.get(address)).headers;
  stored.set(address, new Response(BYTES.slice().fill(7), { headers }));
  assert.deepEqual((await model().read(PROGRESS)).weights, BYTES);
});

test("a model of which a part is no longer kept is downloaded again", async () => {
  hub(SENTENCE);
  await model().read(PROGRESS);
  stored.delete("https://huggingface.co/owner/name/resolve/main/1_Pooling/config.json");
  const before = asked.length;
  const { modules } = await model().read(PROGRESS);
  assert.ok(modules && "1_Pooling/config.json" in modules);
  assert.ok(asked.length > before);
});

test("weights in several files are downloaded and kept as such", async () => {
  const index = { path: "model.safetensors.index.json", size: 2 };
  const shards = SHARDS.map((path) => ({ path, size: BYTES.length, lfs: { oid: SUM } }));
  hub([...LISTING.slice(0, 2), index, ...shards]);
  assert.deepEqual((await model().read(PROGRESS)).weights, [BYTES, BYTES]);
  network(() => assert.fail("nothing may be asked for what is kept"));
  assert.deepEqual((await model().read(PROGRESS)).weights, [BYTES, BYTES]);

  await removeKept("owner/name");
  hub([...LISTING.slice(0, 2), index, shards[0]]);
  await assert.rejects(model().read(PROGRESS), { message: /no model-00002-of-00002.safetensors/u });
  hub([...LISTING.slice(0, 2), index, ...shards.map((shard) => ({ ...shard, size: 500e6 }))]);
  await assert.rejects(model().read(PROGRESS), { message: /The model owner\/name has 1.0 GB; at most 800 MB/u });
});

test("a vocabulary of words stands in for a tokenizer", async () => {
  hub([LISTING[0], { path: "vocab.txt", size: 2 }, LISTING[2]]);
  const files = await model().read(PROGRESS);
  assert.deepEqual([files.vocab?.length, files.tokenizer], [2, undefined]);
});

test("the modules of a sentence model come along, and nothing else of other folders", async () => {
  hub(SENTENCE);
  const files = await model().read(PROGRESS);
  assert.deepEqual(Object.keys(files.modules ?? {}).sort(), MODULES);
  assert.equal(asked.filter((address) => address.includes("/api/")).length, 2);
  assert.ok(asked.every((address) => !/\.\.|onnx|9_Other/u.test(address)));
  const { weights, modules } = files;
  assert.deepEqual([weights, modules?.["2_Dense/model.safetensors"]], [BYTES, BYTES]);
  network(() => assert.fail("nothing may be asked for what is kept"));
  assert.deepEqual(await model().read(PROGRESS), files);
});

test("modules are held to their limits", async () => {
  const large = (/** @type {string} */ path) =>
    SENTENCE.map((entry) => (entry.path === path ? { ...entry, size: 65e6 } : entry));
  hub(large("1_Pooling/config.json"));
  await assert.rejects(model().read(PROGRESS), { message: /1_Pooling\/config.json of owner\/name .* most 100 kB/u });
  hub(large("2_Dense/model.safetensors"));
  await assert.rejects(model().read(PROGRESS), { message: /at most 64 MB/u });
  const many = Array.from({ length: 20 }, (_, at) => ({ path: `${at + 3}_Pooling/config.json`, size: 2 }));
  hub([...SENTENCE, ...many]);
  await assert.rejects(model().read(PROGRESS), { message: /at most 16 are read/u });
});

test("damaged bytes are refused and not kept", async () => {
  hub([...LISTING.slice(0, 2), { path: "model.safetensors", size: BYTES.length, lfs: { oid: "0".repeat(64) } }]);
  await assert.rejects(model().read(PROGRESS), { message: /checksum/u });
  assert.ok(![...stored.keys()].some((key) => key.endsWith(".safetensors")));
});

test("a repository without a needed file, or with one too large, is refused before the download", async () => {
  hub(LISTING.slice(0, 2));
  await assert.rejects(model().read(PROGRESS), { message: /no model.safetensors/u });
  hub([...LISTING.slice(0, 2), { path: "model.safetensors", size: 5e9 }]);
  await assert.rejects(model().read(PROGRESS), { message: /5.0 GB; at most 800 MB/u });
  assert.ok(asked.every((address) => address.includes("/api/")));
});

test("offline, unknown and nonsense are each a sentence", async () => {
  network(() => Promise.reject(new TypeError("fetch failed")));
  await assert.rejects(model().read(PROGRESS), { message: /owner\/name cannot be downloaded/u });
  network(() => new Response("", { status: 404 }));
  await assert.rejects(model().read(PROGRESS), { message: /no public model owner\/name/u });
  network(() => new Response("<html>"));
  await assert.rejects(model().read(PROGRESS), { message: /not a list of files/u });
});
