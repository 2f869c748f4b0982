// What the page asks the worker for, each a promise. See protocol.js for what every call means.

import { arraysOf, buffersOf } from "./workers.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {(progress: Progress) => void} OnProgress
 * @typedef {(call: typeof import("./protocol.js").CALLS[number], args: unknown[], options?: {onProgress?: OnProgress, transfer?: Transferable[]}) => Promise<any>} Ask
 */

/** @param {Ask} ask */
export function plainCalls(ask) {
  return {
    /** @returns {Promise<import("./protocol.js").DeviceChoices>} */
    devices: () => ask("devices", []),

    /** @returns {Promise<{fields: import("./protocol.js").RecipeField[], defaults: import("./protocol.js").Recipe}>} */
    recipeFields: () => ask("recipe_fields", []),

    /** @returns {Promise<import("./protocol.js").ScoreWords[]>} */
    scoreWords: () => ask("score_words", []),

    /** @returns {Promise<[string, string][]>} Names, and whose they are. */
    encodings: () => ask("encodings", []),

    /** @param {import("./protocol.js").Recipe} recipe @returns {Promise<Mistake[]>} */
    checkRecipe: (recipe) => ask("check_recipe", [recipe]),

    /** @param {Uint8Array} index @returns {Promise<string[]>} */
    shardNames: (index) => ask("shard_names", [index]),

    /**
     * The bytes are handed over: the caller's arrays are empty afterwards.
     *
     * @param {import("./protocol.js").ModelFiles} files
     * @param {string} name
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").ModelInfo>}
     */
    openModel: (files, name, onProgress) =>
      ask("open_model", [files, name], { onProgress, transfer: buffersOf(arraysOf(files)) }),

    /**
     * The worker reads the file, piece by piece.
     *
     * @param {Blob} file
     * @param {string} name
     * @param {import("./protocol.js").Dialect} dialect  How it is to be read, as far as that is known.
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").TableInfo|null>} Null if it was cancelled.
     */
    openTable: (file, name, dialect, onProgress) => ask("open_table", [file, name, dialect], { onProgress }),

    /** @returns {Promise<null>} */
    cancelTable: () => ask("cancel_table", []),

    /** @param {import("./protocol.js").Task} task @returns {Promise<import("./protocol.js").Mapping>} */
    guessMapping: (task) => ask("guess_mapping", [task]),

    /** @returns {Promise<import("./protocol.js").Suggestions>} */
    suggest: () => ask("suggest", []),

    /** @param {import("./protocol.js").Mapping} mapping @returns {Promise<import("./protocol.js").DatasetInfo>} */
    mapColumns: (mapping) => ask("map_columns", [mapping]),

    /**
     * @param {OnProgress} [onProgress]
     * @returns {Promise<import("./protocol.js").DatasetInfo|null>} Null if other data came in between.
     */
    countTokens: (onProgress) => ask("count_tokens", [], { onProgress }),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {OnProgress} [onProgress]  Of the tokens that are still to be counted.
     * @returns {Promise<import("./protocol.js").RunInfo>}
     */
    start: (recipe, onProgress) => ask("start", [recipe], { onProgress }),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {import("./protocol.js").SearchPlan} plan
     * @param {import("./protocol.js").Task} task
     * @returns {Promise<{runs: number|null, mistakes: Mistake[]}>}
     */
    checkSearch: (recipe, plan, task) => ask("check_search", [recipe, plan, task]),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {import("./protocol.js").SearchPlan} plan
     * @param {OnProgress} [onProgress]  As with a run.
     * @returns {Promise<import("./protocol.js").SearchInfo>}
     */
    startSearch: (recipe, plan, onProgress) => ask("start_search", [recipe, plan], { onProgress }),

    /** @returns {Promise<null>} */
    pause: () => ask("pause", []),

    /** @returns {Promise<null>} */
    resume: () => ask("resume", []),

    /** @returns {Promise<null>} */
    stop: () => ask("stop", []),

    /**
     * The run under way, written down between two steps; it goes on.
     *
     * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, info: import("./protocol.js").CheckpointInfo}>}
     */
    checkpoint: () => ask("checkpoint", []),

    /**
     * Goes on with the run of a checkpoint. The bytes are handed over, as with a model.
     *
     * @param {Uint8Array} bytes
     * @param {OnProgress} [onProgress]  Of the tokens that are still to be counted.
     * @returns {Promise<{info: import("./protocol.js").RunInfo, events: import("./protocol.js").RunEvent[],
     *   search: {info: import("./protocol.js").SearchInfo, base: import("./protocol.js").Recipe}|null}>}
     */
    resumeRun: (bytes, onProgress) => ask("resume_run", [bytes], { transfer: buffersOf([bytes]), onProgress }),

    /** @param {Uint8Array} bytes  Copied. @returns {Promise<import("./protocol.js").CheckpointInfo>} */
    checkpointInfo: (bytes) => ask("checkpoint_info", [bytes]),

    /**
     * Has checkpoints of the run that is on sent to a port, and its trained model.
     *
     * @param {MessagePort} port
     * @param {string} base  What an adapter names its model by.
     * @param {number} interval_ms  Between checkpoints.
     * @returns {Promise<null>}
     */
    keep: (port, base, interval_ms) => ask("keep", [port, base, interval_ms], { transfer: [port] }),

    /** @param {import("./protocol.js").PredictRequest} request @returns {Promise<import("./protocol.js").Prediction[]>} */
    predict: (request) => ask("predict", [request]),

    /** @param {import("./protocol.js").PredictRequest} request @returns {Promise<import("./protocol.js").Cut>} */
    cut: (request) => ask("cut", [request]),

    /** @param {File} file @param {import("./protocol.js").Dialect} dialect @returns {Promise<import("./protocol.js").SheetInfo>} */
    openSheet: (file, dialect) => ask("open_sheet", [file, dialect]),

    /**
     * @param {import("./protocol.js").SheetRequest} request
     * @param {OnProgress} onProgress
     * @returns {Promise<{blob: Blob, cut: import("./protocol.js").Cut}|null>} Null if it was cancelled.
     */
    predictSheet: (request, onProgress) => ask("predict_sheet", [request], { onProgress }),

    /** @returns {Promise<null>} */
    cancelSheet: () => ask("cancel_sheet", []),

    /** @param {string} base  Name of the model that was trained. @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>} */
    exportFiles: (base) => ask("export_files", [base]),

    /**
     * @param {import("./protocol.js").Recipe} recipe
     * @param {string} base  Name of the open model.
     * @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>}
     */
    pythonFiles: (recipe, base) => ask("python_files", [recipe, base]),

    /** @param {string} base  Name of the model that was trained. @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>} */
    exportAdapter: (base) => ask("export_adapter", [base]),

    /** @param {import("./protocol.js").Precision[]} precisions @returns {Promise<{path: string, bytes: Uint8Array<ArrayBuffer>}[]>} */
    exportOnnx: (precisions) => ask("export_onnx", [precisions]),
  };
}
