// What the list of projects shows of one, and what is offered of a run that was cut short. Pure.

import { filesOf, interrupted, shownRun } from "./record.js";

/**
 * @typedef {object} Summary
 * @property {string} id
 * @property {string} name
 * @property {number} changed  In milliseconds since 1970.
 * @property {number} bytes
 * @property {string} table    The name of its file; empty where it has none.
 * @property {string} model
 * @property {{count: number, score: import("./record.js").RunRecord["score"], trained: boolean}} runs  Those that are over,
 *   and the score of the one that is shown.
 * @property {Offer|null} offer
 * @property {boolean} elsewhere  Open in another tab.
 * @property {boolean} torn       Its newest record was damaged, so this is the one before.
 *
 * @typedef {object} Offer  A run that can go on.
 * @property {string} id     Of the project.
 * @property {string} run
 * @property {string} table
 * @property {string} model
 * @property {number} step
 * @property {number} total_steps
 * @property {number[]|null} [of_search]  Of several runs which one, and how many there are.
 * @property {number} saved  In milliseconds since 1970.
 */

/** @param {import("./store.js").Loaded} loaded @param {boolean} elsewhere @returns {Summary} */
export function summaryOf({ project, torn }, elsewhere) {
  const over = project.runs.filter(({ status }) => status === "done" || status === "stopped");
  return {
    id: project.id,
    name: project.name,
    changed: project.changed,
    bytes: filesOf(project).reduce((sum, { bytes }) => sum + bytes, 0),
    table: project.table?.title ?? "",
    model: project.model?.name ?? "",
    runs: {
      count: over.length,
      score: shownRun(project)?.score ?? null,
      trained: over.some(({ result }) => result.length > 0),
    },
    offer: offerOf(project),
    elsewhere,
    torn,
  };
}

/** @param {import("./record.js").Project} project @returns {Offer|null} */
export function offerOf(project) {
  const run = interrupted(project);
  if (!run) return null;
  const [{ info, saved }] = run.checkpoints;
  const { step, total_steps, of_search } = info;
  const what = { table: project.table?.title ?? "", model: run.model };
  return { id: project.id, run: run.id, ...what, step, total_steps, of_search, saved };
}
