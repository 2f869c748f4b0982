// In the worker: how the model does on another table, and rows that it is wrong about.

import { stepwise } from "./stepwise.js";

/**
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./protocol.js").Mapping} Mapping
 * @typedef {import("./pkg/cpu/tabtune.js").Engine} EngineObject
 */

/**
 * @param {import("./stepwise.js").InTurn} inTurn
 * @param {() => Promise<void>} turn  Lets waiting messages in.
 */
export function judgingAnswers(inTurn, turn) {
  const search = stepwise(inTurn, turn);
  const measurement = stepwise(inTurn, turn);

  /** @param {(engine: EngineObject) => number} begin @param {(progress: Progress) => void} onProgress */
  function find(begin, onProgress) {
    const step = (/** @type {EngineObject} */ engine, /** @type {number} */ rows) => engine.misses_step(rows);
    return search.run({ begin, step, finish: (engine) => engine.misses_finish(), what: "Looking" }, onProgress);
  }

  return {
    /** @param {import("./protocol.js").Side} side @param {number} most @param {(progress: Progress) => void} onProgress */
    misses: (side, most, onProgress) => find((engine) => engine.misses_begin(side, most), onProgress),

    /** @param {Mapping} mapping @param {number} most @param {(progress: Progress) => void} onProgress */
    measured_misses: (mapping, most, onProgress) =>
      find((engine) => engine.measured_misses_begin(mapping, most), onProgress),

    cancel_misses: search.cancel,

    /** @param {Mapping} mapping @param {(progress: Progress) => void} onProgress */
    measure: (mapping, onProgress) =>
      measurement.run(
        {
          begin: (engine) => engine.measure_begin(mapping),
          step: (engine, rows) => engine.measure_step(rows),
          finish: (engine) => engine.measure_finish(),
          what: "Measuring",
        },
        onProgress,
      ),

    cancel_measure: measurement.cancel,
  };
}
