// Whether the trained model of the page outlives its tab, and what is said beside a run of what is not kept. Pure.

import { isBusyTraining, phase } from "../standing.js";
import { NO_STORAGE } from "./trouble.js";

/** @typedef {import("../state.js").State} State */

const NOWHERE = "The model of this run is not kept in this browser. Download it in step 5 before you close this tab.";
const NOT_YET =
  "The model of this run is not kept yet: download it in step 5 before you close this tab. As soon as there is room, it is kept after all.";

/** @param {State} state @returns {boolean} Whether the trained model goes with the tab: no project keeps it, and nobody took it away. */
export function isOnlyHere(state) {
  const { run, projects, result } = state;
  return phase(state) === "trained" && !run.stored && !projects.home?.kept && result.saved === null;
}

/** @param {State} state @returns {string|null} The project that is just about to have the trained model. */
export function awaiting({ run, projects: { home } }) {
  return run.status === "done" && home?.kept === null ? home.id : null;
}

/** @param {State} state @returns {string|null} Why work is not kept and what helps; null where it is. */
export function troubleNow(state) {
  const { trouble, home } = state.projects;
  // It tells both.
  if (trouble === NO_STORAGE.message) return trouble;
  if (isBusyTraining(state)) return trouble && `${trouble} Training goes on meanwhile.`;
  const lonely = isOnlyHere(state) && !awaiting(state);
  const model = lonely ? (home ? NOT_YET : NOWHERE) : null;
  return [trouble, model].filter(Boolean).join(" ") || null;
}
