// The projects on a disk: each is a folder of files and of a record that says which of them count. Whatever is changed is
// written as a new file first; then one new record switches to it.

import { AS_FOUND, isSame } from "../dialect.js";
import { LONGEST_NAME, MOST_RUNS, filesOf, nameFor } from "./record.js";
import { openRecords } from "./records.js";

/**
 * @typedef {import("./disk.js").Disk} Disk
 * @typedef {import("./disk.js").Source} Source
 * @typedef {import("./record.js").Project} Project
 * @typedef {import("./record.js").RunRecord} RunRecord
 * @typedef {import("./record.js").Stored} Stored
 * @typedef {import("./record.js").CheckpointInfo} CheckpointInfo
 * @typedef {import("./records.js").Loaded} Loaded
 * @typedef {ReturnType<typeof openStore>} Store
 */

/** The newest, and the one before in case that it turns out damaged. */
const CHECKPOINTS_KEPT = 2;

/** @param {unknown} thrown */
export function isFull(thrown) {
  return thrown instanceof Error && thrown.name === "QuotaExceededError";
}

/** @returns {string} A name that nothing else has. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Disk} disk @param {() => number} [now] */
export function openStore(disk, now = Date.now) {
  const { all, commit, has, load } = openRecords(disk);

  /** One change at a time, so that none is made to what another one has just replaced. @type {Promise<unknown>} */
  let last = Promise.resolve();

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  function inTurn(work) {
    const result = last.then(work);
    last = result.catch(() => null);
    return result;
  }

  /** @param {string} id @returns {Promise<Project>} */
  async function loaded(id) {
    const found = await load(id);
    if (!found) throw new Error("This project is no longer there");
    return found.project;
  }

  /** @param {string} id @param {(project: Project) => Project} change */
  async function changed(id, change) {
    return commit({ ...change(await loaded(id)), changed: now() });
  }

  /** @param {string} id @param {string} runId @param {Partial<RunRecord>} change */
  function changedRun(id, runId, change) {
    const changing = (/** @type {RunRecord} */ run) => (run.id === runId ? { ...run, ...change, changed: now() } : run);
    return changed(id, (project) => ({ ...project, runs: project.runs.map(changing) }));
  }

  /** @param {string} id @param {string} kind @param {Source} source @returns {Promise<Stored>} */
  async function put(id, kind, source) {
    const name = `${kind}-${randomId()}`;
    return { name, ...(await disk.write(id, name, source)) };
  }

  /** @param {string} id @param {string} kind @param {{path: string, source: Source}[]} files */
  async function putAll(id, kind, files) {
    const placed = [];
    for (const { path, source } of files) placed.push({ path, ...(await put(id, kind, source)) });
    return placed;
  }

  /** @param {RunRecord} run @returns {RunRecord} */
  const givenUp = (run) => ({ ...run, checkpoints: [], status: run.status === "running" ? "discarded" : run.status });

  /**
   * Changes a run that has something of its own to show: one that was left behind is given up for it now, and not before.
   *
   * @param {string} id @param {string} runId @param {Partial<RunRecord>} change @param {Partial<RunRecord>} [others]
   */
  function takesPlace(id, runId, change, others = {}) {
    const changing = (/** @type {RunRecord} */ run) =>
      run.id === runId ? { ...run, ...change, changed: now() } : { ...givenUp(run), ...others };
    return changed(id, (project) => ({ ...project, runs: project.runs.map(changing) }));
  }

  return {
    list: () => inTurn(all),
    load: (/** @type {string} */ id) => inTurn(() => load(id)),

    /**
     * A new project with a table.
     *
     * @param {string} id @param {string} title @param {Source} source @param {import("../protocol.js").Dialect} [dialect]
     */
    create: (id, title, source, dialect = AS_FOUND) =>
      inTurn(async () => {
        const taken = new Set((await all()).map(({ project }) => project.name));
        try {
          const table = { title, ...dialect, ...(await put(id, "table", source)) };
          const time = now();
          return await commit({
            version: 1,
            id,
            name: nameFor(title, taken, dialect.worksheet),
            created: time,
            changed: time,
            table,
            mapping: null,
            draft: {},
            several: null,
            model: null,
            runs: [],
          });
        } catch (thrown) {
          await disk.removeFolder(id);
          throw thrown;
        }
      }),

    /** @param {string} id @param {Partial<Pick<Project, "name"|"mapping"|"draft"|"several">>} change */
    save: (id, change) =>
      inTurn(() =>
        changed(id, (project) => ({
          ...project,
          ...change,
          name: (change.name ?? project.name).trim().slice(0, LONGEST_NAME) || project.name,
        })),
      ),

    /** Its table is read in another way, or in the same. @param {string} id @param {import("../protocol.js").Dialect} dialect */
    readAs: (id, dialect) =>
      inTurn(async () => {
        const project = await loaded(id);
        const { table } = project;
        if (!table || isSame(table, dialect)) return project;
        return changed(id, (project) => ({ ...project, table: { ...table, ...dialect } }));
      }),

    /**
     * The encoder that a project uses, with its files where there are any to keep.
     *
     * @param {string} id @param {Omit<import("./record.js").ModelRef, "files">} model @param {{path: string, source: Source}[]} files
     */
    saveModel: (id, model, files) =>
      inTurn(async () => {
        const placed = await putAll(id, "model", files);
        return changed(id, (project) => ({ ...project, model: { ...model, files: placed } }));
      }),

    /** @param {string} id @param {Pick<RunRecord, "model"|"task"|"method">} about @returns {Promise<string>} The run's id. */
    beginRun: (id, about) =>
      inTurn(async () => {
        const time = now();
        /** @type {RunRecord} */
        const run = {
          ...about,
          id: randomId(),
          status: "running",
          started: time,
          changed: time,
          score: null,
          checkpoints: [],
          history: null,
          result: [],
        };
        await changed(id, (project) => ({ ...project, runs: [run, ...project.runs].slice(0, MOST_RUNS) }));
        return run.id;
      }),

    /** @param {string} id @param {string} runId @param {Uint8Array} bytes @param {CheckpointInfo} info */
    putCheckpoint: (id, runId, bytes, info) =>
      inTurn(async () => {
        const before = (await loaded(id)).runs.find((run) => run.id === runId)?.checkpoints ?? [];
        const write = async () => {
          const file = await put(id, "checkpoint", bytes);
          const { step, total_steps, epoch, of_search } = info;
          return { file, info: { step, total_steps, epoch, of_search }, saved: now() };
        };
        const checkpoint = await write().catch(async (thrown) => {
          const { runs } = await loaded(id);
          const spare = before.length > 1 || runs.some((run) => run.id !== runId && run.checkpoints.length > 0);
          if (!isFull(thrown) || !spare) throw thrown;
          // Without the spare ones there may be room.
          await takesPlace(id, runId, { checkpoints: before.slice(0, 1) });
          return write();
        });
        await takesPlace(id, runId, { checkpoints: [checkpoint, ...before].slice(0, CHECKPOINTS_KEPT) });
        return checkpoint;
      }),

    /**
     * The newest checkpoint that is what was written.
     *
     * @param {string} id @param {string} runId
     * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, info: CheckpointInfo, saved: number, torn: boolean}|null>} `torn`: a newer one
     *   was damaged.
     */
    newestCheckpoint: (id, runId) =>
      inTurn(async () => {
        const { checkpoints = [] } = (await loaded(id)).runs.find((run) => run.id === runId) ?? {};
        for (const { file, info, saved } of checkpoints) {
          const intact = await disk.intact(id, file.name, file);
          if (!intact) continue;
          return { bytes: new Uint8Array(await intact.arrayBuffer()), info, saved, torn: file !== checkpoints[0].file };
        }
        return null;
      }),

    /**
     * What a run that is over leaves: its history. The checkpoints stay until its model is kept.
     *
     * @param {string} id @param {string} runId @param {Pick<RunRecord, "status"|"score">} change @param {string} history
     */
    endRun: (id, runId, change, history) =>
      inTurn(async () => {
        const file = await put(id, "history", new TextEncoder().encode(history));
        return changedRun(id, runId, { ...change, history: file });
      }),

    /** @param {string} id @param {string} runId */
    discardRun: (id, runId) =>
      inTurn(() => {
        const changing = (/** @type {RunRecord} */ run) => (run.id === runId ? givenUp(run) : run);
        return changed(id, (project) => ({ ...project, runs: project.runs.map(changing) }));
      }),

    /**
     * The trained model of a run, in place of those of earlier runs.
     *
     * @param {string} id @param {string} runId @param {{path: string, source: Source}[]} files
     */
    putResult: (id, runId, files) =>
      inTurn(async () => {
        const result = await putAll(id, "result", files);
        return takesPlace(id, runId, { result, checkpoints: [] }, { result: [] });
      }),

    /**
     * Files of a project, once each was found to be what was written.
     *
     * @template {Stored} Kind
     * @param {string} id @param {Kind[]} files
     * @returns {Promise<(Kind & {file: File})[]|null>} Null where one is missing or damaged.
     */
    files: (id, files) =>
      inTurn(async () => {
        const found = [];
        for (const stored of files) {
          const file = await disk.intact(id, stored.name, stored);
          if (!file) return null;
          found.push({ ...stored, file });
        }
        return found;
      }),

    /**
     * A project from elsewhere, whose files come one after the other and must be what its record says.
     *
     * @param {string} id @param {Project} project @param {(stored: Stored) => Promise<Source>} source
     * @returns {Promise<Project|string>} The name of the file that is not what it should be, if one is.
     */
    adopt: (id, project, source) =>
      inTurn(async () => {
        try {
          for (const stored of filesOf(project)) {
            const written = await disk.write(id, stored.name, await source(stored));
            if (written.bytes !== stored.bytes || written.sum !== stored.sum) {
              await disk.removeFolder(id);
              return stored.name;
            }
          }
          const taken = new Set((await all()).map((one) => one.project.name));
          const name = taken.has(project.name) ? nameFor(project.name, taken) : project.name;
          return await commit({ ...project, id, name, changed: now() });
        } catch (thrown) {
          await disk.removeFolder(id);
          throw thrown;
        }
      }),

    /** What a visit left that ended before its first record; not while anybody may be writing it. @param {string} id */
    sweep: (id) =>
      inTurn(async () => {
        if (!(await has(id))) await disk.removeFolder(id);
      }),

    folders: () => disk.folders(),

    remove: (/** @type {string} */ id) => inTurn(() => disk.removeFolder(id)),
  };
}
