// Keeps the screen on while a run is on, if the user wants it: many machines stop computing when they sleep.

import { isBusyTraining } from "../standing.js";

/** @param {import("./world.js").World} world */
export function awakeActions({ dispatch, state }) {
  /** @type {WakeLockSentinel|null} */
  let lock = null;
  let asking = false;
  /** Whether the browser said no, as where the battery is low; it is not asked again before the page or the wish changes. */
  let refused = false;

  /** Takes the lock or lets go of it, as the state wants it. Browsers take it back whenever the page is hidden. */
  async function watchAwake() {
    const wanted = state().awake.wanted && isBusyTraining(state()) && document.visibilityState === "visible";
    if (!wanted) {
      const held = lock;
      lock = null;
      refused = false;
      await held?.release();
    } else if (!asking && !refused && (lock === null || lock.released)) {
      asking = true;
      // Training goes on all the same.
      lock = await navigator.wakeLock.request("screen").catch(() => null);
      refused = lock === null;
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
