// The sole owner of the projects' files: answers the page's calls, and stores what the engine's worker sends it.

import { checksum, openDisk } from "./disk.js";
import { contentsOf, unpack } from "./archive.js";
import { mistake } from "../mistake.js";
import { filesOf, homesOf, shownRun } from "./record.js";
import { openStore, randomId } from "./store.js";
import { offerOf, summaryOf } from "./summary.js";
import { NO_STORAGE, troubleOf } from "./trouble.js";
import { visible } from "../visible.js";

/**
 * @typedef {import("./record.js").Project} Project
 * @typedef {import("./writer.js").Parcel} Parcel
 */

const FOLDER = "tabtune-projects-1";
const port = /** @type {{postMessage(message: unknown, transfer?: Transferable[]): void}} */ (globalThis);

const MISSING = mistake("file", "This project is damaged or no longer there, and cannot be opened.");
const ELSEWHERE = mistake("file", "This project is open in another tab. Close it there first.");

/** Ways to let go of the projects that this tab has open. @type {Map<string, () => void>} */
const held = new Map();

const ready = openRoot();
ready.catch(() => null);

async function openRoot() {
  const able = "createSyncAccessHandle" in (globalThis.FileSystemFileHandle?.prototype ?? {});
  if (!navigator.storage?.getDirectory || !able) throw NO_STORAGE;
  const root = await navigator.storage.getDirectory().catch(() => null);
  if (!root) throw NO_STORAGE;
  return openStore(openDisk(await root.getDirectoryHandle(FOLDER, { create: true })));
}

/** @param {string} id @returns {string} */
const lockOf = (id) => `tabtune-project-${id}`;

/** Takes a project for this tab. @param {string} id @returns {Promise<boolean>} Whether no other tab has it. */
function hold(id) {
  if (held.has(id) || !navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(lockOf(id), { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise((release) => held.set(id, () => release(undefined)));
    });
  });
}

/** @param {string} id */
function letGo(id) {
  held.get(id)?.();
  held.delete(id);
}

/** @param {string} id */
async function holdOrRefuse(id) {
  if (!(await hold(id))) throw ELSEWHERE;
}

/** Projects whose release is waited for. @type {Set<string>} */
const awaited = new Set();

/** A tab that was just closed may keep its lock for a moment: the page is told when it is gone. @param {string} id */
async function tellWhenFree(id) {
  if (awaited.has(id)) return;
  awaited.add(id);
  await navigator.locks.request(lockOf(id), { mode: "shared" }, () => null);
  awaited.delete(id);
  port.postMessage({ changed: true });
}

async function list() {
  const store = await ready;
  const locks = new Set(((await navigator.locks?.query())?.held ?? []).map(({ name }) => name));
  return (await store.list()).map((loaded) => {
    const { id } = loaded.project;
    const elsewhere = locks.has(lockOf(id)) && !held.has(id);
    if (elsewhere) tellWhenFree(id);
    return summaryOf(loaded, elsewhere);
  });
}

/** @param {string} id */
async function project(id) {
  const found = await (await ready).load(id);
  if (!found) throw MISSING;
  return found.project;
}

/** @type {Record<string, (...args: any[]) => unknown>} */
const answers = {
  /** Sweeps up what visits left that ended in the middle of a first write. */
  async begin() {
    const store = await ready;
    for (const id of await store.folders()) {
      if ((await store.load(id)) || held.has(id) || !(await hold(id))) continue;
      await store.sweep(id);
      letGo(id);
    }
    return list();
  },

  list,

  /**
   * The project of a table: one that has it already, if no other tab is using it, or a new one.
   *
   * @param {string} title @param {Blob} source @param {import("../protocol.js").Dialect} dialect
   */
  async place(title, source, dialect) {
    const store = await ready;
    const sum = await checksum(source);
    const projects = (await store.list()).map(({ project }) => project);
    for (const { id } of homesOf(projects, sum, title, dialect)) {
      if (await hold(id)) return store.readAs(id, dialect);
    }
    const id = randomId();
    await hold(id);
    return store.create(id, title, source, dialect);
  },

  /** Takes a project and hands out what it holds; damaged parts are left out and named. @param {string} id */
  async open(id) {
    const store = await ready;
    await holdOrRefuse(id);
    const found = await project(id);
    const table = found.table && (await store.files(id, [found.table]))?.[0].file;
    const model = found.model && (await store.files(id, found.model.files));
    const shown = shownRun(found);
    const history = shown?.history && (await store.files(id, [shown.history]))?.[0].file;
    return {
      project: found,
      table: table ?? null,
      model: model?.map(({ path, file }) => [path, file]) ?? null,
      history: history ? await history.text() : null,
    };
  },

  /** @param {string} id */
  close: (id) => letGo(id),

  /** @param {string} id @param {any} change */
  async save(id, change) {
    await holdOrRefuse(id);
    return (await ready).save(id, change);
  },

  /** @param {string} id @param {any} model @param {{path: string, source: File}[]} files */
  saveModel: async (id, model, files) => (await ready).saveModel(id, model, files),

  /** @param {string} id @param {any} about @param {MessagePort} sender  Where its checkpoints come from. */
  async begin_run(id, about, sender) {
    const run = await (await ready).beginRun(id, about);
    receive(sender, id, run);
    return run;
  },

  /** The same for a run that goes on. @param {string} id @param {string} run @param {MessagePort} sender */
  go_on(id, run, sender) {
    receive(sender, id, run);
    return null;
  },

  /** @param {string} id @param {string} run @param {any} change @param {string} history */
  end_run: async (id, run, change, history) => (await ready).endRun(id, run, change, history),

  /** @param {string} id @param {string} run @param {import("./keeping.js").Made[]} files */
  put_result: async (id, run, files) => (await ready).putResult(id, run, sourcesOf(files)),

  /** @param {string} id @param {string} run */
  async discard(id, run) {
    await holdOrRefuse(id);
    return (await ready).discardRun(id, run);
  },

  /** @param {string} id */
  offer: async (id) => offerOf(await project(id)),

  /** @param {string} id @param {string} run */
  checkpoint: async (id, run) => (await ready).newestCheckpoint(id, run),

  /** Files of the model that a run trained, by their paths. @param {string} id @param {string} run */
  async result(id, run) {
    const { result = [] } = (await project(id)).runs.find((one) => one.id === run) ?? {};
    if (result.length === 0) throw mistake("file", "The model of this run is no longer kept here. Train again.");
    const files = await (await ready).files(id, result);
    if (!files) throw mistake("file", "The trained model that was kept here is damaged. Train again.");
    return files.map(({ path, file }) => [path, file]);
  },

  /** @param {string} id */
  async remove(id) {
    await holdOrRefuse(id);
    await (await ready).remove(id);
    letGo(id);
  },

  /** @param {string} id @returns {Promise<Blob>} */
  async export(id) {
    const found = await project(id);
    const files = await (await ready).files(id, filesOf(found));
    if (!files) throw mistake("file", "A file of this project is damaged, so it cannot be exported whole.");
    const { downloadZip } = await import("../pkg/vendor/client-zip.js");
    return downloadZip(contentsOf(found, files)).blob();
  },

  /** @param {File} file @returns {Promise<Project>} */
  async import(file) {
    const store = await ready;
    const { unzipRaw } = await import("../pkg/vendor/unzipit.js");
    const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
    const unpacked = await unpack(file, unzipRaw, quota - usage);
    const id = randomId();
    await hold(id);
    try {
      const adopted = await store.adopt(id, unpacked.project, unpacked.source);
      if (typeof adopted !== "string") return adopted;
      throw mistake(
        "file",
        `${visible(file.name, 80)} was not imported: ${adopted} in it is damaged. Export the project again.`,
      );
    } finally {
      letGo(id);
    }
  },
};

/** @param {import("./writer.js").Made[]} files */
function sourcesOf(files) {
  return files.map(({ path, bytes }) => ({ path, source: bytes }));
}

/** Stores what the engine's worker sends of a run. @param {MessagePort} sender @param {string} id @param {string} run */
function receive(sender, id, run) {
  sender.onmessage = async (/** @type {MessageEvent<Parcel>} */ { data: { number, put } }) => {
    try {
      const store = await ready;
      if (put.kind === "checkpoint") await store.putCheckpoint(id, run, put.bytes, put.info);
      else await store.putResult(id, run, sourcesOf(put.files));
      sender.postMessage({ number, error: null });
    } catch (thrown) {
      sender.postMessage({ number, error: troubleOf(thrown) });
    }
    port.postMessage({ changed: true });
  };
}

/** @param {any} answer @returns {Transferable[]} */
function buffersIn(answer) {
  return answer?.bytes instanceof Uint8Array ? [answer.bytes.buffer] : [];
}

addEventListener("message", async (message) => {
  const { id, call, args } = message.data;
  try {
    const ok = (await answers[call](...args)) ?? null;
    port.postMessage({ id, ok }, buffersIn(ok));
  } catch (thrown) {
    port.postMessage({ id, error: troubleOf(thrown) });
  }
});
