// What the page asks about how good a model is: rows that it is wrong about, and what it does on another table. Each needs its
// table open in the engine that answers for the model, which may be another one by the time that it is asked.

/**
 * @typedef {import("./calls.js").Ask} Ask
 * @typedef {import("./calls.js").OnProgress} OnProgress
 * @typedef {import("./client.js").WorkerLike} WorkerLike
 */

/** More rows that a model is wrong about nobody looks at. */
const MOST_MISSES = 100;

/**
 * @param {Ask} ask
 * @param {(to: WorkerLike, ...asked: Parameters<Ask>) => Promise<any>} send
 * @param {() => {worker: WorkerLike|null, trainer: WorkerLike|null}} engines  The one that computes, and the one that answers for
 *   the last result, if there is one.
 */
export function judgingCalls(ask, send, engines) {
  /** Goes up with each search for mistakes that begins or is cancelled. */
  let looking = 0;
  /** The data that was opened for such a search in an engine of its own. @type {{which: WorkerLike, file: Blob, mapping: object}|null} */
  let judged = null;
  /** The table to measure a model on that was opened last, and where. @type {{which: WorkerLike|null, source: import("./protocol.js").Source}|null} */
  let measured = null;

  function answering() {
    const { worker, trainer } = engines();
    return trainer ?? worker;
  }

  /**
   * Opens a table to measure the model on in the engine that answers for it.
   *
   * @param {import("./protocol.js").Source} source
   * @param {import("./protocol.js").Mapping|null} like  That of the data, whose columns it may have, too.
   * @param {OnProgress} [onProgress]
   * @returns {Promise<import("./protocol.js").OpenMeasured|null>} Null if it was cancelled.
   */
  async function openMeasured(source, like, onProgress) {
    const { file, name, dialect } = source;
    measured = null;
    const opened = await ask("open_measured", [file, name, dialect, like], { onProgress });
    if (opened) measured = { which: answering(), source };
    return opened;
  }

  /** Sees to it that such a table is open there: another engine may answer by now. @param {import("./protocol.js").Source} source @param {OnProgress} onProgress */
  async function hasMeasured(source, onProgress) {
    const { file, dialect } = measured?.source ?? {};
    const isThere = measured?.which === answering() && file === source.file && dialect === source.dialect;
    return isThere || (await openMeasured(source, null, onProgress)) !== null;
  }

  return {
    /**
     * Rows that the model is wrong about. Where an engine of its own answers for it, that opens the table first.
     *
     * @param {import("./protocol.js").Source} source
     * @param {import("./protocol.js").Mapping} mapping
     * @param {import("./protocol.js").Side} side
     * @param {OnProgress} onProgress
     * @returns {Promise<import("./protocol.js").Misses|null>} Null if it was cancelled.
     */
    async misses({ file, name, dialect }, mapping, side, onProgress) {
      const mine = (looking += 1);
      const { worker, trainer: which } = engines();
      const isThere = judged && judged.which === which && judged.file === file && judged.mapping === mapping;
      if (which && which !== worker && !isThere) {
        judged = null;
        const table = await send(which, "open_table", [file, name, dialect], { onProgress });
        if (!table || mine !== looking) return null;
        await send(which, "map_columns", [mapping]);
        judged = { which, file, mapping };
        if (mine !== looking) return null;
      }
      return ask("misses", [side, MOST_MISSES], { onProgress });
    },

    /** @returns {Promise<null>} */
    cancelMisses() {
      looking += 1;
      return ask("cancel_misses", []);
    },

    openMeasured,

    /**
     * How the model does on a table that was opened for that.
     *
     * @param {import("./protocol.js").Source} source
     * @param {import("./protocol.js").Mapping} mapping
     * @param {OnProgress} onProgress
     * @returns {Promise<import("./protocol.js").Measured|null>} Null if it was cancelled.
     */
    measure: async (source, mapping, onProgress) =>
      (await hasMeasured(source, onProgress)) ? ask("measure", [mapping], { onProgress }) : null,

    /** @returns {Promise<null>} */
    cancelMeasure: () => ask("cancel_measure", []),

    /**
     * Rows of such a table that the model is wrong about.
     *
     * @param {import("./protocol.js").Source} source
     * @param {import("./protocol.js").Mapping} mapping
     * @param {OnProgress} onProgress
     * @returns {Promise<import("./protocol.js").Misses|null>} Null if it was cancelled.
     */
    measuredMisses: async (source, mapping, onProgress) =>
      (await hasMeasured(source, onProgress)) ? ask("measured_misses", [mapping, MOST_MISSES], { onProgress }) : null,
  };
}
