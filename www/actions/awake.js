// Keeps the screen on while a run is on, if the user wants it: many machines stop computing when they sleep.

import { isBusyTraining } from "../state.js";

/** @param {import("./world.js").World} world */
export function awakeActions({ dispatch, state }) {
  /** @type {WakeLockSentinel|null} */
  let lock = null;
  let asking = false;

  /** Takes the lock or lets go of it, as the state wants it. Browsers take it back whenever the page is hidden. */
  async function watchAwake() {
    const wanted = state().awake.wanted && isBusyTraining(state()) && document.visibilityState === "visible";
    if (!wanted) {
      const held = lock;
      lock = null;
      await held?.release();
    } else if (!asking && (lock === null || lock.released)) {
      asking = true;
      // Refused, for one, where the battery is low: training goes on all the same.
      lock = await navigator.wakeLock.request("screen").catch(() => null);
      asking = false;
    }
  }

  return {
    watchAwake,

    /** @param {boolean} wanted */
    stayAwake(wanted) {
      dispatch({ type: "awake", wanted });
      watchAwake();
    },
  };
}
