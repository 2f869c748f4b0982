// The sole owner of wasm and GPU: answers the page's calls one after the other and pulls a run along. It has one engine
// on one device for life; the page starts another worker for another device.

import { findDevices, watchForLoss } from "./devices.js";
import { chooseBuild, findAbilities, loadEngine } from "./engine.js";
import { judgingAnswers } from "./judging.js";
import { isMistake, mistake } from "./mistake.js";
import { createKeeping, sumOf } from "./projects/keeping.js";
import { createWriter } from "./projects/writer.js";
import { sheetAnswers } from "./sheet.js";
import { seldom, tableAnswers } from "./table.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./pkg/cpu/tabtune.js").Engine} EngineObject
 * @typedef {typeof import("./pkg/cpu/tabtune.js").Engine} EngineClass
 * @typedef {import("./protocol.js").DeviceInfo} DeviceInfo
 */

/** How long one pull should take: short enough for a prompt pause, long enough to waste no time on messages. */
const PULL_MS = 180;
const MOST_UNITS = 64;
/** Texts tokenized in one go: some tens of milliseconds. */
const ROWS_AT_ONCE = 500;

const port = /** @type {{postMessage(message: unknown, transfer?: Transferable[]): void}} */ (globalThis);

/** @type {(Engine: EngineClass) => void} */
let announce;
/** The class of whichever build is loaded: all have the same table of hyperparameters. @type {Promise<EngineClass>} */
const loaded = new Promise((resolve) => (announce = resolve));
/** @type {EngineObject|null} */
let engine = null;
/** What the engine runs on, once it does. @type {DeviceInfo|null} */
let running = null;
/** The number of the loop that may pull; pausing and stopping retire it. */
let puller = 0;
/** Goes up with each change of what is open. */
let version = 0;
/** The engine bears one call at a time, so each waits for the one before. @type {Promise<unknown>} */
let last = Promise.resolve();

/** Where checkpoints of the run go, once somebody wants them. @type {import("./projects/keeping.js").Keeping|null} */
let keeping = null;
/** Whether the engine's last run is over and its model there. */
let over = false;
/** Why the GPU is gone, once it is: nothing that the engine still has to do will be done. @type {Mistake|null} */
let lost = null;

/** @template T @param {() => T|Promise<T>} work @returns {Promise<T>} */
function inTurn(work) {
  const result = last.then(work);
  last = result.catch(() => null);
  return result;
}

function liveEngine() {
  if (lost) throw lost;
  if (engine === null) throw mistake("order", "Start a device first.");
  return engine;
}

/**
 * "auto" takes what is recommended, and the CPU where a GPU that looked fine does not start.
 *
 * @param {"auto"|"gpu"|"cpu"} kind
 * @returns {Promise<DeviceInfo|null>} Null where the engine already runs on the other device.
 */
async function startDevice(kind) {
  const wanted = kind === "auto" ? (await findDevices()).recommended : kind;
  if (running) return running.kind === wanted && !lost ? running : null;
  try {
    running = await startOn(wanted);
  } catch (thrown) {
    if (kind !== "auto" || wanted === "cpu" || !isMistake(thrown)) throw thrown;
    const info = await startOn("cpu");
    running = { ...info, sentence: `The GPU could not be started (${thrown.message}) ${info.sentence}` };
  }
  return running;
}

/** @param {"gpu"|"cpu"} device @returns {Promise<DeviceInfo>} */
async function startOn(device) {
  if (device === "gpu") watchForLoss(onLost);
  const { Engine, why } = await loadEngine(chooseBuild(device, await findAbilities()));
  announce(Engine);
  engine = new Engine();
  const info = await engine.start_device(device);
  return { ...info, sentence: `${info.sentence} ${why}`.trim() };
}

/** @type {Record<typeof import("./protocol.js").CALLS[number], (...args: any[]) => unknown>} */
const answers = {
  devices: () => findDevices(),
  start_device: (kind) => inTurn(() => startDevice(kind)),
  recipe_fields: async () => (await loaded).recipe_fields(),
  score_words: async () => (await loaded).score_words(),
  encodings: async () => (await loaded).encodings(),
  check_recipe: async (recipe) => (await loaded).check_recipe(recipe),
  shard_names: (index) =>
    inTurn(async () => {
      // Who opens a model is told at once that there is no device yet.
      liveEngine();
      return (await loaded).shard_names(index);
    }),
  open_model: (files, name) =>
    changing(async (engine) => {
      const sum = await sumOf(files);
      return { ...(await engine.open_model(files, name)), sum };
    }),
  ...tableAnswers((work) => inTurn(() => work(liveEngine())), changing),
  suggest: () => inTurn(() => liveEngine().suggest()),
  guess_mapping: (task) => inTurn(() => liveEngine().guess_mapping(task)),
  map_columns: (mapping) =>
    changing((engine) => {
      const info = engine.map_columns(mapping);
      // Small data is counted at once, so that its figures come in one piece.
      engine.tokenize(ROWS_AT_ONCE);
      return engine.dataset_info() ?? info;
    }),
  count_tokens: countTokens,
  start: (recipe, onProgress) => begin((engine) => engine.start(recipe), onProgress),
  check_search: async (recipe, plan, task) => (await loaded).check_search(recipe, plan, task),
  start_search: (recipe, plan, onProgress) => begin((engine) => engine.start_search(recipe, plan), onProgress),
  pause: () => {
    puller += 1;
    if (lost) return null;
    return inTurn(() => keeping?.checkpoint(liveEngine()));
  },
  resume: () => {
    setTimeout(pull);
    return null;
  },
  stop: () => {
    puller += 1;
    return inTurn(async () => {
      post(await liveEngine().stop());
      keepResult();
    });
  },
  checkpoint: () => inTurn(() => liveEngine().checkpoint()),
  resume_run: async (bytes, onProgress) => {
    // Told at once, not after all tokens have been counted.
    await inTurn(() => liveEngine().check_resume(bytes));
    return begin(async (engine) => {
      const info = await engine.resume(bytes);
      return { info, events: engine.told(), search: engine.search_under_way() };
    }, onProgress);
  },
  checkpoint_info: async (bytes) => (await loaded).checkpoint_info(bytes),
  keep: (port, base, interval_ms) => {
    keeping = createKeeping(createWriter(port, interval_ms), base, madeWith, (event) => post([event]));
    if (over) keepResult();
  },
  predict: (request) => inTurn(() => liveEngine().predict(request)),
  cut: (request) => inTurn(() => liveEngine().cut(request)),
  ...sheetAnswers((work) => inTurn(() => work(liveEngine())), turn),
  ...judgingAnswers((work) => inTurn(() => work(liveEngine())), turn),
  export_files: (base) => inTurn(() => liveEngine().export_files({ ...madeWith(), base_model: base })),
  python_files: (recipe, base) => inTurn(() => liveEngine().python_files(recipe, base)),
  export_adapter: (base) => inTurn(() => liveEngine().export_adapter(base, madeWith())),
  export_onnx: (precisions) => inTurn(() => liveEngine().export_onnx(precisions, madeWith())),
};

/** What the report of a training says of this browser. */
function madeWith() {
  return { created: new Date().toISOString(), browser: navigator.userAgent };
}

/** Work on what is open: whatever counted tokens of the old state gives up. @template T @param {(engine: EngineObject) => T|Promise<T>} work */
function changing(work) {
  version += 1;
  return inTurn(() => work(liveEngine()));
}

/** Tokens of all texts, and what they add up to; null where other data came in between. @param {(progress: Progress) => void} onProgress */
async function countTokens(onProgress) {
  return (await tokenizeAll(onProgress)) ? inTurn(() => liveEngine().dataset_info()) : null;
}

/**
 * Tokenizes all texts, a few at a time so that other calls come through.
 *
 * @param {(progress: Progress) => void} onProgress
 * @returns {Promise<boolean>} False where other data came in between.
 */
async function tokenizeAll(onProgress) {
  const mine = version;
  const tell = seldom(onProgress);
  for (;;) {
    const { done, total } = await inTurn(() => liveEngine().tokenize(ROWS_AT_ONCE));
    if (mine !== version) return false;
    if (done >= total) return true;
    tell({ done, total, what: "Counting tokens" });
    await turn();
  }
}

/**
 * Sets up a run, once all texts are tokenized, and pulls it along from then on.
 *
 * @template T
 * @param {(engine: EngineObject) => T|Promise<T>} setUp
 * @param {(progress: Progress) => void} onProgress
 */
async function begin(setUp, onProgress) {
  await tokenizeAll(onProgress);
  return inTurn(async () => {
    const begun = await setUp(liveEngine());
    [over, keeping] = [false, null];
    setTimeout(pull);
    return begun;
  });
}

/** Runs units of work until the run is done or another loop takes over. Pausing is not pulling. */
async function pull() {
  const mine = (puller += 1);
  let units = 1;
  try {
    while (mine === puller) {
      const began = performance.now();
      const events = await inTurn(() => (mine === puller ? liveEngine().run_steps(units) : []));
      post(events);
      if (events.some((event) => event.type === "done")) return keepResult();
      await inTurn(() => (mine === puller && keeping?.isDue(events) ? keeping.checkpoint(liveEngine()) : null));
      units = nextUnits(units, performance.now() - began);
      await turn();
    }
  } catch (thrown) {
    if (!lost) port.postMessage({ event: { type: "failed", mistake: asAnswer(thrown) } });
  }
}

/** The run is over: once the page has its answer, the trained model goes where the checkpoints went. */
function keepResult() {
  const kept = keeping;
  [over, keeping] = [true, null];
  if (kept) inTurn(() => kept.result(liveEngine())).catch(() => kept.close());
}

/** The run, if one is on, ends here; the page takes it up elsewhere. @param {string} why */
function onLost(why) {
  puller += 1;
  lost = mistake(
    "device",
    `The GPU was lost (${why}). It may have been reset by its driver, switched off, or run out of memory.`,
  );
  port.postMessage({ event: { type: "failed", mistake: lost } });
}

/** @param {number} units @param {number} milliseconds */
function nextUnits(units, milliseconds) {
  const wanted = Math.round((units * PULL_MS) / Math.max(milliseconds, 1));
  return Math.max(1, Math.min(wanted, units * 2, MOST_UNITS));
}

/** @param {(import("./protocol.js").RunEvent|import("./protocol.js").KeptEvent)[]} events */
function post(events) {
  for (const event of events) port.postMessage({ event });
}

const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
port1.onmessage = () => waiting.shift()?.();

/** Lets waiting messages in. A message of our own is not slowed down to 4 ms as a timer is. @returns {Promise<void>} */
function turn() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}

/**
 * A mistake as the engine words it; anything else means that the engine is broken beyond repair.
 *
 * @param {unknown} thrown
 * @returns {Mistake}
 */
function asAnswer(thrown) {
  if (lost) return lost;
  if (isMistake(thrown)) return thrown;
  const cause = thrown instanceof Error ? thrown.message : String(thrown);
  if (engine === null) {
    return mistake(
      "worker",
      `The training engine could not be loaded (${cause}). Check the connection and start it again.`,
    );
  }
  const remedy =
    "Your data and model are kept: start the engine again. If it stops again, a smaller batch size or a shorter maximum length needs less memory.";
  return mistake("worker", `The training engine stopped unexpectedly (${cause}). ${remedy}`);
}

/** @param {any} answer @returns {Transferable[]} The buffers in an answer of files, so that they move and are not copied. */
function buffersIn(answer) {
  return [answer].flat().flatMap((part) => (part?.bytes instanceof Uint8Array ? [part.bytes.buffer] : []));
}

addEventListener("message", async (message) => {
  const { id, call, args } = message.data;
  try {
    const onProgress = (/** @type {Progress} */ progress) => port.postMessage({ id, progress });
    const ok = await answers[/** @type {keyof typeof answers} */ (call)](...args, onProgress);
    port.postMessage({ id, ok: ok ?? null }, buffersIn(ok));
  } catch (thrown) {
    port.postMessage({ id, error: asAnswer(thrown) });
  }
});
