// The main thread's face of the worker: a promise per call, progress by callback, events, and a dead worker in words.

import { mistake } from "./mistake.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./protocol.js").RunEvent|import("./protocol.js").FailedEvent} Event
 * @typedef {(progress: Progress) => void} OnProgress
 * @typedef {{resolve: (value: any) => void, reject: (reason: Mistake) => void, onProgress?: OnProgress}} Pending
 * @typedef {Pick<Worker, "postMessage"|"terminate"|"addEventListener">} WorkerLike
 */

const LOAD_FAILED =
  "The training engine could not be loaded, or it stopped without saying why. Start it again; if that does not help, " +
  "reload the page in an up-to-date Chrome, Edge, Firefox or Safari.";

/**
 * Talks to one worker at a time. The worker starts with the first call; after it died the next call starts another.
 *
 * @param {{onEvent: (event: Event) => void, onDead: (mistake: Mistake) => void, createWorker?: () => WorkerLike}} options
 */
export function createClient({ onEvent, onDead, createWorker = startWorker }) {
  /** @type {Map<number, Pending>} */
  const pending = new Map();
  /** @type {WorkerLike|null} */
  let worker = null;
  let lastId = 0;

  /** @param {WorkerLike} which @param {Mistake} cause */
  function die(which, cause) {
    if (which !== worker) return;
    worker.terminate();
    worker = null;
    const lost = [...pending.values()];
    pending.clear();
    onDead(cause);
    for (const call of lost) call.reject(cause);
  }

  /** @param {WorkerLike} from @param {any} message */
  function receive(from, message) {
    if (from !== worker) return;
    const fatal = message.error ?? message.event?.mistake;
    if (fatal?.kind === "worker") return die(from, fatal);
    if (message.event) return onEvent(message.event);
    const call = pending.get(message.id);
    if (!call) return;
    if (message.progress) return call.onProgress?.(message.progress);
    pending.delete(message.id);
    if (message.error) call.reject(message.error);
    else call.resolve(message.ok);
  }

  function live() {
    if (worker) return worker;
    const started = createWorker();
    worker = started;
    started.addEventListener("message", (event) => receive(started, /** @type {MessageEvent} */ (event).data));
    started.addEventListener("error", (event) => {
      event.preventDefault();
      die(started, mistake("worker", LOAD_FAILED));
    });
    started.addEventListener("messageerror", () => die(started, mistake("worker", LOAD_FAILED)));
    return started;
  }

  /**
   * @param {typeof import("./protocol.js").CALLS[number]} call
   * @param {unknown[]} args
   * @param {{onProgress?: OnProgress, transfer?: Transferable[]}} [options]
   * @returns {Promise<any>}
   */
  function ask(call, args, { onProgress, transfer = [] } = {}) {
    return new Promise((resolve, reject) => {
      const id = (lastId += 1);
      pending.set(id, { resolve, reject, onProgress });
      live().postMessage({ id, call, args }, transfer);
    });
  }

  return {
    /** @returns {Promise<import("./protocol.js").DeviceChoices>} */
    devices: () => ask("devices", []),

    /** @param {"auto"|"gpu"|"cpu"} kind @returns {Promise<import("./protocol.js").DeviceInfo>} */
    startDevice: (kind) => ask("start_device", [kind]),

    /** @returns {Promise<{fields: import("./protocol.js").RecipeField[], defaults: import("./protocol.js").Recipe}>} */
    recipeFields: () => ask("recipe_fields", []),

    /** @param {import("./protocol.js").Recipe} recipe @returns {Promise<Mistake[]>} */
    checkRecipe: (recipe) => ask("check_recipe", [recipe]),

    /**
     * The bytes are handed over: the caller's arrays are empty afterwards.
     *
     * @param {import("./protocol.js").ModelFiles} files
     * @param {string} name
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").ModelInfo>}
     */
    openModel: (files, name, onProgress) =>
      ask("open_model", [files, name], { onProgress, transfer: buffersOf(Object.values(files)) }),

    /**
     * The bytes are handed over, as with a model.
     *
     * @param {Uint8Array} bytes
     * @param {string} name
     * @returns {Promise<import("./protocol.js").TableInfo>}
     */
    openTable: (bytes, name) => ask("open_table", [bytes, name], { transfer: buffersOf([bytes]) }),

    /** @param {import("./protocol.js").Mapping} mapping @returns {Promise<import("./protocol.js").DatasetInfo>} */
    mapColumns: (mapping) => ask("map_columns", [mapping]),

    /**
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").DatasetInfo|null>} Null if other data came in between.
     */
    countTokens: (onProgress) => ask("count_tokens", [], { onProgress }),

    /** @param {import("./protocol.js").Recipe} recipe @returns {Promise<import("./protocol.js").RunInfo>} */
    start: (recipe) => ask("start", [recipe]),

    /** @returns {Promise<null>} */
    pause: () => ask("pause", []),

    /** @returns {Promise<null>} */
    resume: () => ask("resume", []),

    /** @returns {Promise<null>} */
    stop: () => ask("stop", []),

    /** @param {string[]} texts @returns {Promise<import("./protocol.js").Prediction[]>} */
    predict: (texts) => ask("predict", [texts]),

    /** @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>} */
    exportFiles: () => ask("export_files", []),
  };
}

/** @typedef {ReturnType<typeof createClient>} Client */

/**
 * The worker comes from a blob that imports it, since a blob's worker is bound by the page's own Content-Security-Policy;
 * one from an address has only what the host's headers say, and a static host says nothing.
 *
 * @returns {WorkerLike}
 */
function startWorker() {
  const source = `import ${JSON.stringify(new URL("./worker.js", import.meta.url).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(address, { type: "module", name: "tabtune" });
}

/** @param {(Uint8Array|undefined)[]} arrays @returns {Transferable[]} */
function buffersOf(arrays) {
  const buffers = arrays.flatMap((array) => (array ? [array.buffer] : []));
  return /** @type {Transferable[]} */ ([...new Set(buffers)]);
}
