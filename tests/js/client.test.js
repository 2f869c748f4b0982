// The client against a worker of the test: answers, progress, mistakes, death and a new start.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "../../www/client.js";
import { AS_FOUND } from "../../www/dialect.js";

/** A worker that records what it is sent and says what the test tells it to. */
function stage() {
  /** @type {{sent: any[], transferred: Transferable[], ended: boolean, say: (type: string, data?: unknown) => void}[]} */
  const workers = [];
  /** @type {unknown[]} */
  const events = [];
  /** @type {import("../../www/protocol.js").Mistake[]} */
  const deaths = [];
  const createWorker = () => {
    /** @type {Map<string, (event: any) => void>} */
    const listeners = new Map();
    const worker = {
      /** @type {any[]} */
      sent: [],
      ended: false,
      /** @param {string} type @param {unknown} [data] */
      say: (type, data) => listeners.get(type)?.({ data, preventDefault() {} }),
      /** @type {Transferable[]} */
      transferred: [],
      /** @param {any} message @param {any} transfer */
      postMessage: (message, transfer) => {
        worker.sent.push(message);
        worker.transferred.push(...(transfer ?? []));
      },
      terminate: () => void (worker.ended = true),
      /** @param {string} type @param {any} listener */
      addEventListener: (type, listener) => void listeners.set(type, listener),
    };
    workers.push(worker);
    return worker;
  };
  const client = createClient({
    onEvent: (event) => events.push(event),
    onDead: (mistake) => deaths.push(mistake),
    createWorker,
  });
  return { client, workers, events, deaths };
}

test("answers reach the call that asked, in any order", async () => {
  const { client, workers } = stage();
  const first = client.predict({ texts: ["a"], pairs: null });
  const second = client.checkRecipe({});
  const [worker] = workers;
  assert.deepEqual(
    worker.sent.map(({ call, args }) => [call, args]),
    [
      ["predict", [{ texts: ["a"], pairs: null }]],
      ["check_recipe", [{}]],
    ],
  );
  worker.say("message", { id: worker.sent[1].id, ok: [] });
  worker.say("message", { id: worker.sent[0].id, ok: ["p"] });
  assert.deepEqual(await second, []);
  assert.deepEqual(await first, ["p"]);
});

test("progress and events are passed on, mistakes reject", async () => {
  const { client, workers, events } = stage();
  /** @type {unknown[]} */
  const seen = [];
  const bytes = () => new Uint8Array(1);
  const files = { config: bytes(), tokenizer: bytes(), weights: bytes() };
  const opened = client.openModel(files, "m", (progress) => seen.push(progress));
  workers[0].say("message", { id: 1, progress: { done: 1, total: 2, what: "x" } });
  workers[0].say("message", { event: { type: "evaluate", done: 1, total: 2 } });
  workers[0].say("message", { id: 1, error: { kind: "model", message: "No." } });
  await assert.rejects(opened, { kind: "model", message: "No." });
  assert.deepEqual(seen, [{ done: 1, total: 2, what: "x" }]);
  assert.deepEqual(events, [{ type: "evaluate", done: 1, total: 2 }]);
});

test("every file of a model is handed over, and none is copied", () => {
  const { client, workers } = stage();
  const bytes = () => new Uint8Array(1);
  const weights = [bytes(), bytes()];
  const modules = { "modules.json": bytes(), "1_Pooling/config.json": bytes() };
  const files = { config: bytes(), vocab: bytes(), weights, modules };
  client.openModel(files, "m").catch(() => null);
  const arrays = [files.config, files.vocab, ...weights, ...Object.values(modules)];
  assert.deepEqual(new Set(workers[0].transferred), new Set(arrays.map(({ buffer }) => buffer)));
  assert.equal(workers[0].transferred.length, 6);
});

test("a checkpoint is handed over to be gone on with, and copied to be looked at", () => {
  const { client, workers } = stage();
  const bytes = new Uint8Array(3);
  client.checkpointInfo(bytes).catch(() => null);
  assert.deepEqual(workers[0].transferred, []);
  client.resumeRun(bytes).catch(() => null);
  assert.deepEqual(workers[0].transferred, [bytes.buffer]);
  assert.deepEqual(
    workers[0].sent.map(({ call }) => call),
    ["checkpoint_info", "resume_run"],
  );
});

test("a dead worker rejects all that waited, says so once, and the next call starts another", async () => {
  const { client, workers, deaths } = stage();
  const waiting = [client.pause(), client.predict({ texts: ["a"], pairs: null })];
  workers[0].say("message", { id: 1, error: { kind: "worker", message: "unreachable" } });
  for (const call of waiting) await assert.rejects(call, { kind: "worker", message: "unreachable" });
  assert.equal(deaths.length, 1);
  assert.equal(workers[0].ended, true);

  const again = client.resume();
  assert.equal(workers.length, 2);
  workers[0].say("message", { id: workers[1].sent[0].id, ok: "from the dead" });
  workers[1].say("message", { id: workers[1].sent[0].id, ok: null });
  assert.equal(await again, null);
});

test("a worker that cannot be loaded dies in words", async () => {
  const { client, workers, deaths } = stage();
  const call = client.devices();
  workers[0].say("error");
  await assert.rejects(call, { kind: "worker" });
  assert.match(deaths[0].message, /could not be loaded/u);
});

test("a run that fails for good ends the worker, one that fails for a reason does not", () => {
  const { client, workers, events, deaths } = stage();
  client.resume().catch(() => null);
  workers[0].say("message", { event: { type: "failed", mistake: { kind: "device", message: "lost" } } });
  assert.equal(events.length, 1);
  assert.equal(deaths.length, 0);
  workers[0].say("message", { event: { type: "failed", mistake: { kind: "worker", message: "trap" } } });
  assert.equal(deaths.length, 1);
});

/** Answers the last call to a worker. @param {ReturnType<typeof stage>["workers"][number]} worker @param {unknown} ok */
function answer(worker, ok) {
  worker.say("message", { id: worker.sent.at(-1).id, ok });
}

/** Lets what waits for an answer go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A client whose first worker runs on the CPU. */
async function moving() {
  const staged = stage();
  const { client, workers } = staged;
  const started = client.startDevice("cpu");
  answer(workers[0], { kind: "cpu" });
  assert.deepEqual(await started, { info: { kind: "cpu" }, moved: false });
  return {
    ...staged,
    /** The old worker sends away, the new one is asked. */
    async move() {
      const moved = client.startDevice("gpu");
      answer(workers[0], null);
      await settled();
      assert.deepEqual(workers[1].sent.at(-1).args, ["gpu"]);
      return moved;
    },
  };
}

test("another device is another worker, and the old one ends when all its calls are answered", async () => {
  const { client, workers, move } = await moving();
  const moved = move();
  await settled();
  answer(workers[1], { kind: "gpu" });
  await settled();
  assert.equal(workers[0].ended, false);
  answer(workers[0], null);
  assert.deepEqual(await moved, { info: { kind: "gpu" }, moved: true });
  assert.equal(workers[0].ended, true);
  client.predict({ texts: ["a"], pairs: null }).catch(() => null);
  assert.equal(workers[1].sent.at(-1).call, "predict");
});

test("a device that does not start leaves the old worker in its place", async () => {
  const { client, workers, deaths } = await moving();
  for (const error of [
    { kind: "device", message: "No GPU." },
    { kind: "worker", message: "trap" },
  ]) {
    const moved = client.startDevice("gpu");
    answer(workers[0], null);
    await settled();
    const tried = workers[workers.length - 1];
    tried.say("message", { id: tried.sent[0].id, error });
    await assert.rejects(moved, { kind: "device", message: error.message });
    assert.equal(tried.ended, true);
  }
  assert.equal(workers[0].ended, false);
  assert.deepEqual(deaths, []);
});

test("the worker of the last run stays for its result until another run is done", async () => {
  const { client, workers, move } = await moving();
  workers[0].say("message", { event: { type: "done" } });
  const moved = move();
  await settled();
  answer(workers[1], { kind: "gpu" });
  await settled();
  answer(workers[0], null);
  await moved;
  assert.equal(workers[0].ended, false);
  const predicted = client.predict({ texts: ["a"], pairs: null });
  answer(workers[0], ["p"]);
  assert.deepEqual(await predicted, ["p"]);

  client.start({}).catch(() => null);
  assert.equal(workers[1].sent.at(-1).call, "start");
  workers[1].say("message", { event: { type: "done" } });
  assert.equal(workers[0].ended, true);
  client.exportFiles("base").catch(() => null);
  assert.equal(workers[1].sent.at(-1).call, "export_files");
});

test("the adapter is asked of the engine that trained, by the name of the base model", async () => {
  const { client, workers, move } = await moving();
  workers[0].say("message", { event: { type: "done" } });
  const moved = move();
  await settled();
  answer(workers[1], { kind: "gpu" });
  await settled();
  answer(workers[0], null);
  await moved;
  client.exportAdapter("owner/name").catch(() => null);
  client.shardNames(new Uint8Array(2)).catch(() => null);
  const { call, args } = workers[0].sent.at(-1);
  assert.deepEqual([call, args], ["export_adapter", ["owner/name"]]);
  assert.equal(workers[1].sent.at(-1).call, "shard_names");
  client.exportOnnx(["int8"]).catch(() => null);
  const onnx = workers[0].sent.at(-1);
  assert.deepEqual([onnx.call, onnx.args], ["export_onnx", [["int8"]]]);
});

/** Answers the last call to a worker, and lets what follows be sent. @param {any} worker @param {unknown} ok */
async function said(worker, ok) {
  answer(worker, ok);
  await settled();
}

const calls = (/** @type {any} */ worker) => worker.sent.map((/** @type {any} */ { call }) => call);
const SOURCE = { file: new Blob(["a"]), name: "a.csv", dialect: AS_FOUND };
/** @type {any} */
const MAPPING = { task: "classification", text: "t" };

test("mistakes are looked for where the data is open, or opened where the model is", async () => {
  const { client, workers } = stage();
  const here = client.misses(SOURCE, MAPPING, "train", () => {});
  assert.deepEqual([calls(workers[0]), workers[0].sent[0].args], [["misses"], ["train", 100]]);
  await said(workers[0], { rows: 1, wrong: 0, found: [] });
  assert.equal((await here)?.rows, 1);

  const bytes = () => new Uint8Array(1);
  const opening = client.openResult({ config: bytes(), tokenizer: bytes(), weights: bytes() }, "kept");
  const kept = workers[1];
  await said(kept, {});
  await said(kept, {});
  await opening;
  const there = client.misses(SOURCE, MAPPING, "validation", () => {});
  await said(kept, { name: "a.csv" });
  await said(kept, {});
  await said(kept, { rows: 2, wrong: 0, found: [] });
  assert.equal((await there)?.rows, 2);
  assert.deepEqual(calls(kept).slice(2), ["open_table", "map_columns", "misses"]);
  assert.deepEqual([kept.sent[2].args, kept.sent[3].args], [[SOURCE.file, "a.csv", AS_FOUND], [MAPPING]]);
  assert.equal(workers[0].sent.length, 1);
  const again = client.misses(SOURCE, MAPPING, "train", () => {});
  await said(kept, { rows: 3, wrong: 0, found: [] });
  assert.deepEqual([(await again)?.rows, calls(kept).slice(5)], [3, ["misses"]], "it is open already");

  const cancelled = client.misses({ ...SOURCE, file: new Blob(["b"]) }, MAPPING, "validation", () => {});
  const cancelling = client.cancelMisses();
  const [opened, ended] = kept.sent.slice(-2);
  kept.say("message", { id: ended.id, ok: null });
  kept.say("message", { id: opened.id, ok: { name: "a.csv" } });
  assert.deepEqual([await cancelled, await cancelling], [null, null]);
  assert.deepEqual(calls(kept).slice(-2), ["open_table", "cancel_misses"], "its rows are not looked at");
});
