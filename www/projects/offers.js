// Which of the runs that were cut short is offered to go on. Pure.

import { isBusyTraining } from "../standing.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("./summary.js").Summary} Summary
 * @typedef {import("./summary.js").Offer} Offer
 */

/**
 * @param {Summary[]} list  Of all projects.
 * @param {State} before    The page's state when the list was asked for.
 * @param {State} now
 * @returns {import("../state.js").Offer|null}
 */
export function offerAfter(list, before, now) {
  if (isBusyTraining(now)) return null;
  // A list from while a run was on knows older checkpoints of it than whoever offered to go on when it broke.
  return isBusyTraining(before) ? now.projects.offer : offered(list, now);
}

/** The open project's, else the run that stopped last; none that another tab is at. @param {Summary[]} list @param {State} state */
function offered(list, { run, projects: { offer, current } }) {
  // The model of a run that is just over is still on its way; it takes the place of what there was to go on with.
  const mineIsOver = run.status === "done" && current?.run ? current.id : null;
  const all = list.flatMap((one) => (one.offer && !one.elsewhere && one.offer.id !== mineIsOver ? [one.offer] : []));
  const mine = all.find(({ id }) => id === current?.id);
  const best = mine ?? all.sort((one, other) => other.saved - one.saved)[0] ?? null;
  return best && offer?.run === best.run ? { ...best, lost: offer.lost, no_gpu: offer.no_gpu } : best;
}
