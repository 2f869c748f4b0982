// In the worker: rows that the model is wrong about, looked for a few at a time.

import { FIRST_ROWS, nextRows } from "./pace.js";

/**
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./pkg/cpu/tabtune.js").Engine} EngineObject
 * @typedef {<T>(work: (engine: EngineObject) => T|Promise<T>) => Promise<T>} InTurn
 */

/**
 * @param {InTurn} inTurn
 * @param {() => Promise<void>} turn  Lets waiting messages in.
 */
export function missAnswers(inTurn, turn) {
  /** Goes up with each search that begins or is cancelled: what belongs to an old number gives up. */
  let version = 0;

  /**
   * @param {import("./protocol.js").Side} side @param {number} most @param {(progress: Progress) => void} onProgress
   * @returns {Promise<import("./protocol.js").Misses|null>} Null where it was cancelled.
   */
  async function find(side, most, onProgress) {
    const mine = (version += 1);
    const total = await inTurn((engine) => engine.misses_begin(side, most));
    let rows = FIRST_ROWS;
    for (let left = total; left > 0; await turn()) {
      const asked = rows;
      const began = performance.now();
      const after = await inTurn((engine) => (mine === version ? engine.misses_step(asked) : null));
      if (after === null) return null;
      rows = nextRows(asked, performance.now() - began);
      left = after;
      onProgress({ done: total - left, total, what: "Looking" });
    }
    return inTurn((engine) => (mine === version ? engine.misses_finish() : null));
  }

  return {
    misses: find,
    cancel_misses: () => {
      version += 1;
      return null;
    },
  };
}
