// The main thread's face of the worker: a promise per call, progress by callback, events, and a dead worker in words.

import { mistake } from "./mistake.js";
import { arraysOf, buffersOf, startEngine } from "./workers.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./protocol.js").RunEvent|import("./protocol.js").FailedEvent|import("./protocol.js").KeptEvent} Event
 * @typedef {(progress: Progress) => void} OnProgress
 * @typedef {{worker: WorkerLike, resolve: (value: any) => void, reject: (reason: Mistake) => void, onProgress?: OnProgress}} Pending
 * @typedef {Pick<Worker, "postMessage"|"terminate"|"addEventListener">} WorkerLike
 */

const LOAD_FAILED =
  "The training engine could not be loaded, or it stopped without saying why. Start it again; if that does not help, " +
  "reload the page in an up-to-date Chrome, Edge, Firefox or Safari.";

export const RESULT_LOST = mistake(
  "device",
  "The engine that trained this model has stopped, and the model with it. Train again, or choose the other device.",
);

/** More rows that a model is wrong about nobody looks at. */
const MOST_MISSES = 100;

/** For calls that were on their way to an engine when another one took its place. */
const LEFT = mistake("device", "The device was changed meanwhile. Try again.");

/** Calls about the result of the last run, which only the engine that trained it can answer. */
const ABOUT_RESULT = new Set([
  "predict",
  "cut",
  "open_sheet",
  "predict_sheet",
  "cancel_sheet",
  "misses",
  "cancel_misses",
  "export_files",
  "export_adapter",
  "export_onnx",
]);

/**
 * Talks to one worker at a time, and after a move to another device also to the one that holds the last run's result. A
 * worker starts with the first call; after it died the next call starts another.
 *
 * @param {{onEvent: (event: Event) => void, onDead: (mistake: Mistake) => void, createWorker?: () => WorkerLike}} options
 */
export function createClient({ onEvent, onDead, createWorker = startEngine }) {
  /** @type {Map<number, Pending>} */
  const pending = new Map();
  /** @type {Set<WorkerLike>} */
  const alive = new Set();
  /** The one that computes. @type {WorkerLike|null} */
  let worker = null;
  /** The one whose run was the last to end. @type {WorkerLike|null} */
  let trainer = null;
  let lastId = 0;
  /** Goes up with each search for mistakes that begins or is cancelled. */
  let looking = 0;
  /** The data that was opened for such a search in an engine of its own. @type {{which: WorkerLike, file: Blob, mapping: object}|null} */
  let judged = null;

  /** @param {WorkerLike} which @param {Mistake} cause  What its calls reject with. */
  function end(which, cause) {
    which.terminate();
    alive.delete(which);
    if (trainer === which) trainer = null;
    for (const [id, call] of pending) {
      if (call.worker !== which) continue;
      pending.delete(id);
      call.reject(cause);
    }
  }

  /** @param {WorkerLike} which @param {Mistake} cause */
  function die(which, cause) {
    if (which !== worker) {
      // It was only tried, or only kept for its result: the engine that computes goes on.
      return end(which, which === trainer ? RESULT_LOST : mistake("device", cause.message));
    }
    worker = null;
    onDead(cause);
    for (const one of [...alive]) end(one, cause);
  }

  /** @param {WorkerLike} from @param {any} message */
  function receive(from, message) {
    if (!alive.has(from)) return;
    const fatal = message.error ?? message.event?.mistake;
    if (fatal?.kind === "worker") return die(from, fatal);
    if (message.event) {
      if (message.event.type === "done") keepResult(from);
      return onEvent(message.event);
    }
    const call = pending.get(message.id);
    if (!call) return;
    if (message.progress) return call.onProgress?.(message.progress);
    pending.delete(message.id);
    if (message.error) call.reject(message.error);
    else call.resolve(message.ok);
  }

  /** @param {WorkerLike} from */
  function keepResult(from) {
    if (trainer && trainer !== from && trainer !== worker) end(trainer, RESULT_LOST);
    trainer = from;
  }

  function open() {
    const opened = createWorker();
    alive.add(opened);
    opened.addEventListener("message", (event) => receive(opened, /** @type {MessageEvent} */ (event).data));
    opened.addEventListener("error", (event) => {
      event.preventDefault();
      if (alive.has(opened)) die(opened, mistake("worker", LOAD_FAILED));
    });
    opened.addEventListener("messageerror", () => {
      if (alive.has(opened)) die(opened, mistake("worker", LOAD_FAILED));
    });
    return opened;
  }

  /**
   * @param {WorkerLike} to
   * @param {typeof import("./protocol.js").CALLS[number]} call
   * @param {unknown[]} args
   * @param {{onProgress?: OnProgress, transfer?: Transferable[]}} [options]
   * @returns {Promise<any>}
   */
  function send(to, call, args, { onProgress, transfer = [] } = {}) {
    return new Promise((resolve, reject) => {
      const id = (lastId += 1);
      pending.set(id, { worker: to, resolve, reject, onProgress });
      to.postMessage({ id, call, args }, transfer);
    });
  }

  /** @type {(call: typeof import("./protocol.js").CALLS[number], args: unknown[], options?: Parameters<typeof send>[3]) => Promise<any>} */
  function ask(call, args, options) {
    worker ??= open();
    return send((ABOUT_RESULT.has(call) && trainer) || worker, call, args, options);
  }

  /**
   * Has another worker compute from now on, if the device starts there; the old one ends unless it holds a result.
   *
   * @param {"auto"|"gpu"|"cpu"} kind
   * @returns {Promise<import("./protocol.js").DeviceInfo>}
   */
  async function move(kind) {
    const next = open();
    let info;
    try {
      info = await send(next, "start_device", [kind]);
    } catch (thrown) {
      if (alive.has(next)) end(next, LEFT);
      throw thrown;
    }
    // The old worker's engine bears one call at a time: when this one is answered, all before it are.
    if (worker) await send(worker, "pause", []).catch(() => null);
    const old = worker;
    if (!alive.has(next)) throw LEFT;
    worker = next;
    if (old && old !== trainer) end(old, LEFT);
    return info;
  }

  return {
    /** Ends all workers; their calls reject. @param {Mistake} cause */
    close(cause) {
      worker = null;
      for (const one of [...alive]) end(one, cause);
    },

    /** Whether an engine is there that answers for the result of the last run. */
    hasResult: () => trainer !== null,

    /**
     * Opens a model that was trained earlier in a worker of its own, which answers for the result from then on.
     *
     * @param {import("./protocol.js").ModelFiles} files
     * @param {string} name
     * @returns {Promise<import("./protocol.js").ModelInfo>}
     */
    async openResult(files, name) {
      const opened = open();
      try {
        await send(opened, "start_device", ["cpu"]);
        const info = await send(opened, "open_model", [files, name], { transfer: buffersOf(arraysOf(files)) });
        keepResult(opened);
        return info;
      } catch (thrown) {
        if (alive.has(opened)) end(opened, LEFT);
        throw thrown;
      }
    },

    /** @returns {Promise<import("./protocol.js").DeviceChoices>} */
    devices: () => ask("devices", []),

    /**
     * @param {"auto"|"gpu"|"cpu"} kind
     * @returns {Promise<{info: import("./protocol.js").DeviceInfo, moved: boolean}>} `moved`: to an engine in which nothing
     *   is open yet.
     */
    async startDevice(kind) {
      const info = await ask("start_device", [kind]);
      return info ? { info, moved: false } : { info: await move(kind), moved: true };
    },

    /** @returns {Promise<{fields: import("./protocol.js").RecipeField[], defaults: import("./protocol.js").Recipe}>} */
    recipeFields: () => ask("recipe_fields", []),

    /** @returns {Promise<import("./protocol.js").ScoreWords[]>} */
    scoreWords: () => ask("score_words", []),

    /** @returns {Promise<[string, string][]>} Names, and whose they are. */
    encodings: () => ask("encodings", []),

    /** @param {import("./protocol.js").Recipe} recipe @returns {Promise<Mistake[]>} */
    checkRecipe: (recipe) => ask("check_recipe", [recipe]),

    /** @param {Uint8Array} index @returns {Promise<string[]>} */
    shardNames: (index) => ask("shard_names", [index]),

    /**
     * The bytes are handed over: the caller's arrays are empty afterwards.
     *
     * @param {import("./protocol.js").ModelFiles} files
     * @param {string} name
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").ModelInfo>}
     */
    openModel: (files, name, onProgress) =>
      ask("open_model", [files, name], { onProgress, transfer: buffersOf(arraysOf(files)) }),

    /**
     * The worker reads the file, piece by piece.
     *
     * @param {Blob} file
     * @param {string} name
     * @param {import("./protocol.js").Dialect} dialect  How it is to be read, as far as that is known.
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").TableInfo|null>} Null if it was cancelled.
     */
    openTable: (file, name, dialect, onProgress) => ask("open_table", [file, name, dialect], { onProgress }),

    /** @returns {Promise<null>} */
    cancelTable: () => ask("cancel_table", []),

    /** @param {import("./protocol.js").Task} task @returns {Promise<import("./protocol.js").Mapping>} */
    guessMapping: (task) => ask("guess_mapping", [task]),

    /** @returns {Promise<import("./protocol.js").Suggestions>} */
    suggest: () => ask("suggest", []),

    /** @param {import("./protocol.js").Mapping} mapping @returns {Promise<import("./protocol.js").DatasetInfo>} */
    mapColumns: (mapping) => ask("map_columns", [mapping]),

    /**
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").DatasetInfo|null>} Null if other data came in between.
     */
    countTokens: (onProgress) => ask("count_tokens", [], { onProgress }),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {OnProgress} [onProgress]  Of the tokens that are still to be counted.
     * @returns {Promise<import("./protocol.js").RunInfo>}
     */
    start: (recipe, onProgress) => ask("start", [recipe], { onProgress }),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {import("./protocol.js").SearchPlan} plan
     * @param {import("./protocol.js").Task} task
     * @returns {Promise<{runs: number|null, mistakes: Mistake[]}>}
     */
    checkSearch: (recipe, plan, task) => ask("check_search", [recipe, plan, task]),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {import("./protocol.js").SearchPlan} plan
     * @param {OnProgress} [onProgress]  As with a run.
     * @returns {Promise<import("./protocol.js").SearchInfo>}
     */
    startSearch: (recipe, plan, onProgress) => ask("start_search", [recipe, plan], { onProgress }),

    /** @returns {Promise<null>} */
    pause: () => ask("pause", []),

    /** @returns {Promise<null>} */
    resume: () => ask("resume", []),

    /** @returns {Promise<null>} */
    stop: () => ask("stop", []),

    /**
     * The run under way, written down between two steps; it goes on.
     *
     * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, info: import("./protocol.js").CheckpointInfo}>}
     */
    checkpoint: () => ask("checkpoint", []),

    /**
     * Goes on with the run of a checkpoint. The bytes are handed over, as with a model.
     *
     * @param {Uint8Array} bytes
     * @param {OnProgress} [onProgress]  Of the tokens that are still to be counted.
     * @returns {Promise<{info: import("./protocol.js").RunInfo, events: import("./protocol.js").RunEvent[],
     *   search: {info: import("./protocol.js").SearchInfo, base: import("./protocol.js").Recipe}|null}>}
     */
    resumeRun: (bytes, onProgress) => ask("resume_run", [bytes], { transfer: buffersOf([bytes]), onProgress }),

    /** @param {Uint8Array} bytes  Copied. @returns {Promise<import("./protocol.js").CheckpointInfo>} */
    checkpointInfo: (bytes) => ask("checkpoint_info", [bytes]),

    /**
     * Has checkpoints of the run that is on sent to a port, and its trained model.
     *
     * @param {MessagePort} port
     * @param {string} base  What an adapter names its model by.
     * @param {number} interval_ms  Between checkpoints.
     * @returns {Promise<null>}
     */
    keep: (port, base, interval_ms) => ask("keep", [port, base, interval_ms], { transfer: [port] }),

    /** @param {import("./protocol.js").PredictRequest} request @returns {Promise<import("./protocol.js").Prediction[]>} */
    predict: (request) => ask("predict", [request]),

    /** @param {import("./protocol.js").PredictRequest} request @returns {Promise<import("./protocol.js").Cut>} */
    cut: (request) => ask("cut", [request]),

    /** @param {File} file @param {import("./protocol.js").Dialect} dialect @returns {Promise<import("./protocol.js").SheetInfo>} */
    openSheet: (file, dialect) => ask("open_sheet", [file, dialect]),

    /**
     * @param {import("./protocol.js").SheetRequest} request
     * @param {OnProgress} onProgress
     * @returns {Promise<{blob: Blob, cut: import("./protocol.js").Cut}|null>} Null if it was cancelled.
     */
    predictSheet: (request, onProgress) => ask("predict_sheet", [request], { onProgress }),

    /** @returns {Promise<null>} */
    cancelSheet: () => ask("cancel_sheet", []),

    /**
     * Rows that the model is wrong about. Where an engine of its own answers for it, that opens the table first.
     *
     * @param {{file: Blob, name: string, dialect: import("./protocol.js").Dialect}} source
     * @param {import("./protocol.js").Mapping} mapping
     * @param {import("./protocol.js").Side} side
     * @param {OnProgress} onProgress
     * @returns {Promise<import("./protocol.js").Misses|null>} Null if it was cancelled.
     */
    async misses({ file, name, dialect }, mapping, side, onProgress) {
      const mine = (looking += 1);
      const which = trainer;
      const isThere = judged && judged.which === which && judged.file === file && judged.mapping === mapping;
      if (which && which !== worker && !isThere) {
        judged = null;
        const table = await send(which, "open_table", [file, name, dialect], { onProgress });
        if (!table || mine !== looking) return null;
        await send(which, "map_columns", [mapping]);
        judged = { which, file, mapping };
        if (mine !== looking) return null;
      }
      return ask("misses", [side, MOST_MISSES], { onProgress });
    },

    /** @returns {Promise<null>} */
    cancelMisses() {
      looking += 1;
      return ask("cancel_misses", []);
    },

    /** @param {string} base  Name of the model that was trained. @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>} */
    exportFiles: (base) => ask("export_files", [base]),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {string} base  Name of the open model.
     * @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>}
     */
    pythonFiles: (recipe, base) => ask("python_files", [recipe, base]),

    /** @param {string} base  Name of the model that was trained. @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>} */
    exportAdapter: (base) => ask("export_adapter", [base]),

    /** @param {import("./protocol.js").Precision[]} precisions @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>} */
    exportOnnx: (precisions) => ask("export_onnx", [precisions]),
  };
}

/** @typedef {ReturnType<typeof createClient>} Client */
