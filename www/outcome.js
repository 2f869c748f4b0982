// What the page shows of a trained model: predictions, tables, scores, and rows that it is wrong about.

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Mapping} Mapping
 * @typedef {import("./protocol.js").Dialect} Dialect
 * @typedef {import("./protocol.js").Progress} Progress
 */

/**
 * What a model of a task said of the texts that it was given.
 *
 * @typedef {{task: import("./protocol.js").Task, predictions: import("./protocol.js").Prediction[], cut: import("./protocol.js").Cut}} Answered
 */

/**
 * @typedef {object} ResultState
 * @property {Answered|null} answered  What the model said last.
 * @property {"predict"|"weights"|"zip"|"adapter"|"onnx"|null} busy
 * @property {string|null} saved     Name of the last downloaded file.
 * @property {Mistake|null} error
 * @property {SheetState} sheet
 * @property {MissState} misses
 * @property {MeasureState} measure
 */

/**
 * A table that is predicted as a whole.
 *
 * @typedef {object} SheetState
 * @property {import("./protocol.js").SheetInfo|null} info
 * @property {{name: string, asked: Dialect}|null} source  The file that was chosen last, and how it is to be read.
 * @property {boolean} refused   Whether it could not be read so.
 * @property {"opening"|"predicting"|"cancelling"|null} busy
 * @property {Progress|null} progress
 * @property {string|null} words   How it ended.
 * @property {Mistake|null} error
 */

/**
 * Another table that the model is measured on. It stays while other models of the same task are trained.
 *
 * @typedef {object} MeasureState
 * @property {import("./protocol.js").TableInfo|null} info
 * @property {Mapping|null} mapping   Its columns, as the form shows them.
 * @property {{name: string, asked: Dialect}|null} source  The file that was chosen last, and how it is to be read.
 * @property {boolean} refused   Whether it could not be read so.
 * @property {"opening"|"measuring"|"cancelling"|null} busy
 * @property {Progress|null} progress
 * @property {string|null} words   How it ended, where nothing was measured.
 * @property {import("./protocol.js").Measured|null} measured
 * @property {Mistake|null} error
 */

/**
 * Rows that the model is wrong about.
 *
 * @typedef {object} MissState
 * @property {import("./protocol.js").Misses|null} found
 * @property {import("./protocol.js").Side|"measured"} side  Where they were looked for: in the data, or in the table that the model was
 *   measured on.
 * @property {"looking"|"cancelling"|null} busy
 * @property {Progress|null} progress
 * @property {Mistake|null} error
 */

/** @type {SheetState} */
export const NO_SHEET = {
  info: null,
  source: null,
  refused: false,
  busy: null,
  progress: null,
  words: null,
  error: null,
};

/** @type {MissState} */
export const NO_MISSES = { found: null, side: "validation", busy: null, progress: null, error: null };

/** @type {MeasureState} */
export const NO_MEASURE = { ...NO_SHEET, info: null, mapping: null, busy: null, measured: null };

/** @type {ResultState} */
export const NO_RESULT = {
  answered: null,
  busy: null,
  saved: null,
  error: null,
  sheet: NO_SHEET,
  misses: NO_MISSES,
  measure: NO_MEASURE,
};

/**
 * What is there before another model is: the table to measure it on, if that is for the same task.
 *
 * @param {ResultState} result
 * @param {import("./protocol.js").Task|undefined} task
 * @returns {ResultState}
 */
export function forAnother({ measure }, task) {
  if (measure.mapping?.task !== task || measure.busy !== null) return NO_RESULT;
  return { ...NO_RESULT, measure: { ...measure, measured: null, words: null, error: null } };
}
