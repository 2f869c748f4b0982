// What the list of projects shows of one, and what is offered of a run that was cut short. Pure.

import { filesOf, interrupted, runsOver } from "./record.js";

/**
 * @typedef {object} Summary
 * @property {string} id
 * @property {string} name
 * @property {number} changed  In milliseconds since 1970.
 * @property {number} bytes
 * @property {string} table    The name of its file; empty where it has none.
 * @property {string} model
 * @property {Over} runs
 * @property {Offer|null} offer
 * @property {boolean} elsewhere  Open in another tab.
 * @property {boolean} torn       Its newest record was damaged, so this is the one before.
 *
 * @typedef {object} Over  The runs that are over.
 * @property {number} count
 * @property {import("./record.js").RunRecord["score"]} score  Of the last one.
 * @property {number[]} values  That score of all runs that learnt the same task, the last one first.
 * @property {boolean} trained  Whether the model of any is here.
 * @property {boolean} missing  Whether that of the last one is not.
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
  return {
    id: project.id,
    name: project.name,
    changed: project.changed,
    bytes: filesOf(project).reduce((sum, { bytes }) => sum + bytes, 0),
    table: project.table?.title ?? "",
    model: project.model?.name ?? "",
    runs: overOf(project),
    offer: offerOf(project),
    elsewhere,
    torn,
  };
}

/** @param {import("./record.js").Project} project @returns {Over} */
function overOf(project) {
  const over = runsOver(project);
  const [last] = over;
  const alike = over.filter(({ task, score }) => task === last.task && score?.name === last.score?.name);
  return {
    count: over.length,
    score: last?.score ?? null,
    values: alike.flatMap(({ score }) => (typeof score?.value === "number" ? [score.value] : [])),
    trained: over.some(({ result }) => result.length > 0),
    missing: last?.result.length === 0,
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
