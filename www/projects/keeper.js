// The page's face of the worker that keeps projects: a promise per call; what goes wrong is a mistake in words.

import { startWorker } from "../trusted.js";
import { buffersOf } from "../workers.js";
import { NO_STORAGE } from "./trouble.js";

/**
 * @typedef {import("../protocol.js").Mistake} Mistake
 * @typedef {import("./record.js").Project} Project
 * @typedef {import("./summary.js").Summary} Summary
 * @typedef {import("./summary.js").Offer} Offer
 * @typedef {Pick<Worker, "postMessage"|"terminate"|"addEventListener">} WorkerLike
 * @typedef {{project: Project, table: File|null, model: [string, File][]|null, history: string|null}} OpenProject  What is
 *   damaged is null; the files of a model that the project only names are none.
 * @typedef {ReturnType<typeof createKeeper>} Keeper
 */

/**
 * @param {() => void} onChanged  Called when what is kept changed by itself.
 * @param {() => WorkerLike} [createWorker]
 */
export function createKeeper(onChanged, createWorker = startKeeper) {
  /** @type {Map<number, {resolve: (value: any) => void, reject: (reason: Mistake) => void}>} */
  const pending = new Map();
  /** @type {WorkerLike|null} */
  let worker = null;
  let lastId = 0;

  function open() {
    const opened = createWorker();
    opened.addEventListener("message", (event) => receive(/** @type {MessageEvent} */ (event).data));
    opened.addEventListener("error", (event) => {
      event.preventDefault();
      if (worker === opened) worker = null;
      opened.terminate();
      for (const { reject } of pending.values()) reject(NO_STORAGE);
      pending.clear();
    });
    return opened;
  }

  /** @param {any} message */
  function receive({ id, ok, error, changed }) {
    if (changed) return onChanged();
    const call = pending.get(id);
    pending.delete(id);
    if (error) call?.reject(error);
    else call?.resolve(ok);
  }

  /** @param {string} call @param {unknown[]} args @param {Transferable[]} [transfer] @returns {Promise<any>} */
  function ask(call, args, transfer = []) {
    return new Promise((resolve, reject) => {
      worker ??= open();
      const id = (lastId += 1);
      pending.set(id, { resolve, reject });
      worker.postMessage({ id, call, args }, transfer);
    });
  }

  return {
    /** @returns {Promise<Summary[]>} The project that was changed last comes first. */
    begin: () => ask("begin", []),

    /** @returns {Promise<Summary[]>} */
    list: () => ask("list", []),

    /** The project of a table, made if there is none. @param {import("../actions/data.js").TableSource} source @returns {Promise<Project>} */
    place: ({ name, file, dialect }) => ask("place", [name, file, dialect]),

    /** @param {string} id @returns {Promise<OpenProject>} */
    open: (id) => ask("open", [id]),

    /** Lets another tab have it. @param {string} id @returns {Promise<null>} */
    close: (id) => ask("close", [id]),

    /** @param {string} id @param {Partial<Pick<Project, "name"|"mapping"|"draft"|"several">>} change @returns {Promise<Project>} */
    save: (id, change) => ask("save", [id, change]),

    /** @param {string} id @param {Omit<import("./record.js").ModelRef, "files">} model @param {{path: string, source: File}[]} files @returns {Promise<Project>} */
    saveModel: (id, model, files) => ask("saveModel", [id, model, files]),

    /** @param {string} id @param {Pick<import("./record.js").RunRecord, "model"|"task"|"method">} about @param {MessagePort} sender @returns {Promise<string>} */
    beginRun: (id, about, sender) => ask("begin_run", [id, about, sender], [sender]),

    /** @param {string} id @param {string} run @param {MessagePort} sender @returns {Promise<null>} */
    goOn: (id, run, sender) => ask("go_on", [id, run, sender], [sender]),

    /** @param {string} id @param {string} run @param {Pick<import("./record.js").RunRecord, "status"|"score">} change @param {string} history */
    endRun: (id, run, change, history) => ask("end_run", [id, run, change, history]),

    /** The trained model of a run; its bytes are handed over. @param {string} id @param {string} run @param {import("./keeping.js").Made[]} files */
    putResult: (id, run, files) => ask("put_result", [id, run, files], buffersOf(files.map(({ bytes }) => bytes))),

    /** @param {string} id @param {string} run */
    discard: (id, run) => ask("discard", [id, run]),

    /** What can go on of a project. @param {string} id @returns {Promise<Offer|null>} */
    offer: (id) => ask("offer", [id]),

    /** @param {string} id @param {string} run @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, info: import("./record.js").CheckpointInfo, saved: number, torn: boolean}|null>} */
    checkpoint: (id, run) => ask("checkpoint", [id, run]),

    /** Files of the model that a run trained. @param {string} id @param {string} run @returns {Promise<[string, File][]>} */
    result: (id, run) => ask("result", [id, run]),

    /** @param {string} id */
    remove: (id) => ask("remove", [id]),

    /** @param {string} id @returns {Promise<Blob>} A zip. */
    export: (id) => ask("export", [id]),

    /** @param {File} file @returns {Promise<Project>} */
    import: (file) => ask("import", [file]),
  };
}

/** @returns {WorkerLike} */
function startKeeper() {
  return startWorker(new URL("./worker.js", import.meta.url).href, "tabtune-keeper");
}
