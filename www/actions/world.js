// What every action works with, and how a mistake is shown.

import { asMistake, mistake } from "../mistake.js";

/**
 * @typedef {object} World
 * @property {import("../client.js").Client} client
 * @property {(action: import("../state.js").Action) => void} dispatch
 * @property {() => import("../state.js").State} state
 *
 * With what keeps the work; `interval_ms`: between checkpoints.
 * @typedef {World & {keeper: import("../projects/keeper.js").Keeper, interval_ms: number}} KeepingWorld
 */

export const BUSY = mistake("order", "A run is on. Stop it first; the best weights so far are kept.");

const NO_DEVICE = mistake("device", "No device is set up yet. Choose another one under “Runs on” in step 4.");

/**
 * A mistake to be shown where it arose; null when the worker died, which the page says in one place.
 *
 * @param {unknown} thrown
 * @param {import("../state.js").State} [state]
 */
export function local(thrown, state) {
  const cause = asMistake(thrown, "file", "Try again.");
  if (cause.kind === "order" && state && !state.device.info) return NO_DEVICE;
  return cause.kind === "worker" ? null : cause;
}
