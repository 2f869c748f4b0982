// In the worker: long work of the engine, so many rows at a time that cancelling and other calls come through.

import { FIRST_ROWS, nextRows } from "./pace.js";

/**
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./pkg/cpu/tabtune.js").Engine} EngineObject
 * @typedef {<T>(work: (engine: EngineObject) => T|Promise<T>) => Promise<T>} InTurn
 */

/**
 * @template T
 * @typedef {object} Work
 * @property {(engine: EngineObject) => number} begin  How many rows there are.
 * @property {(engine: EngineObject, rows: number) => Promise<number>} step  How many are left.
 * @property {(engine: EngineObject) => T} finish
 * @property {string} what  What is being done, in a word.
 */

/**
 * @param {InTurn} inTurn
 * @param {() => Promise<void>} turn  Lets waiting messages in.
 */
export function stepwise(inTurn, turn) {
  /** Goes up with each work that begins or is cancelled: what belongs to an old number gives up. */
  let version = 0;

  return {
    /**
     * @template T
     * @param {Work<T>} work
     * @param {(progress: Progress) => void} onProgress
     * @returns {Promise<T|null>} Null where it was cancelled.
     */
    async run({ begin, step, finish, what }, onProgress) {
      const mine = (version += 1);
      const total = await inTurn(begin);
      let rows = FIRST_ROWS;
      for (let left = total; left > 0; await turn()) {
        const asked = rows;
        const began = performance.now();
        const after = await inTurn((engine) => (mine === version ? step(engine, asked) : null));
        if (after === null) return null;
        rows = nextRows(asked, performance.now() - began);
        left = after;
        onProgress({ done: total - left, total, what });
      }
      return inTurn((engine) => (mine === version ? finish(engine) : null));
    },

    cancel() {
      version += 1;
      return null;
    },
  };
}
