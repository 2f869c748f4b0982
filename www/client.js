// The main thread's face of the worker: a promise per call, progress by callback, events, and a dead worker in words.

import { judgingCalls } from "./judgement.js";
import { mistake } from "./mistake.js";
import { plainCalls } from "./calls.js";
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
  "open_measured",
  "measure",
  "cancel_measure",
  "measured_misses",
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
    ...plainCalls(ask),
    ...judgingCalls(ask, send, () => ({ worker, trainer })),

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

    /**
     * @param {"auto"|"gpu"|"cpu"} kind
     * @returns {Promise<{info: import("./protocol.js").DeviceInfo, moved: boolean}>} `moved`: to an engine in which nothing
     *   is open yet.
     */
    async startDevice(kind) {
      const info = await ask("start_device", [kind]);
      return info ? { info, moved: false } : { info: await move(kind), moved: true };
    },
  };
}

/** @typedef {ReturnType<typeof createClient>} Client */
