// In the worker: a table to train on, or to measure the model on, read from its file into the engine piece by piece. What is
// open stays until it is read to its end.

import { LARGEST_WHOLE, PIECE, bytesBetween } from "./pieces.js";
import { tooLarge } from "./stream.js";

/**
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./protocol.js").Dialect} Dialect
 * @typedef {import("./pkg/cpu/tabtune.js").Engine} EngineObject
 * @typedef {<T>(work: (engine: EngineObject) => T|Promise<T>) => Promise<T>} InTurn
 */

/** Of a larger file the rows would not fit into the 4 GB that WebAssembly has, whatever is in it. */
const LARGEST = 4e9;
/** How often the page is told how far it is. */
const TELL_MS = 100;

/**
 * @param {InTurn} inTurn
 * @param {InTurn} changing  The same for work that changes what is open.
 */
export function tableAnswers(inTurn, changing) {
  /** Goes up with each table that is opened or cancelled: what belongs to an old number gives up. */
  let version = 0;

  /**
   * @template T
   * @param {Blob} file @param {string} name @param {Dialect} dialect  As far as it is known.
   * @param {(engine: EngineObject, whole?: Uint8Array) => T} take  Has the engine open what it has read, or these bytes.
   * @param {InTurn} taking  The turn in which it does.
   * @param {(progress: Progress) => void} onProgress
   * @returns {Promise<T|null>} Null where it was cancelled, or another table came in between.
   */
  async function open(file, name, dialect, take, taking, onProgress) {
    const mine = (version += 1);
    if (file.size > LARGEST) throw tooLarge(name, file.size, LARGEST);
    const tell = seldom(onProgress);
    // The bytes pass twice: one near the end can settle what letters mean.
    const total = 2 * file.size;

    /** @param {(engine: EngineObject, piece: Uint8Array, at: number, last: boolean) => boolean} hand  False to end. @param {number} before */
    async function pass(hand, before) {
      for (let at = 0, goes = true; goes; at += PIECE) {
        const piece = await bytesBetween(file, at, at + PIECE, name);
        if (mine !== version) return;
        const last = at + PIECE >= file.size;
        const more = await inTurn((engine) => mine === version && hand(engine, piece, at, last));
        tell({ done: before + Math.min(at + PIECE, file.size), total, what: "Reading" });
        goes = more && !last;
      }
    }

    try {
      let whole = false;
      await inTurn((engine) => mine === version && engine.table_look(name, dialect));
      await pass((engine, piece, at) => {
        whole = engine.table_survey(piece, at === 0) || whole;
        return !whole;
      }, 0);
      if (whole && mine === version) {
        if (file.size > LARGEST_WHOLE) throw tooLarge(name, file.size, LARGEST_WHOLE, "in this format");
        const bytes = await bytesBetween(file, 0, file.size, name);
        // The engine reads it at once, and cannot say how far it is.
        onProgress({ done: 0, total: null, what: "Reading" });
        return await finish(bytes);
      }
      await inTurn((engine) => mine === version && engine.table_begin());
      for (let again = mine === version; again;) {
        again = false;
        await pass((engine, piece, at, last) => !(again = engine.table_push(piece, last)), file.size);
      }
      return await finish();
    } catch (thrown) {
      if (mine === version) await inTurn((engine) => engine.table_drop()).catch(() => null);
      throw thrown;
    }

    /** @param {Uint8Array} [whole] */
    function finish(whole) {
      return mine === version ? taking((engine) => (mine === version ? take(engine, whole) : null)) : null;
    }
  }

  return {
    /** @param {Blob} file @param {string} name @param {Dialect} dialect @param {(progress: Progress) => void} onProgress */
    open_table: (file, name, dialect, onProgress) =>
      open(file, name, dialect, (engine, whole) => engine.table_finish(whole), changing, onProgress),

    /** @param {Blob} file @param {string} name @param {Dialect} dialect @param {import("./protocol.js").Mapping|null} like @param {(progress: Progress) => void} onProgress */
    open_measured: (file, name, dialect, like, onProgress) =>
      open(file, name, dialect, (engine, whole) => engine.table_finish_measured(whole, like), inTurn, onProgress),

    cancel_table() {
      version += 1;
      return inTurn((engine) => engine.table_drop());
    },
  };
}

/** Tells at most ten times a second. @param {(progress: Progress) => void} onProgress @returns {(progress: Progress) => void} */
export function seldom(onProgress) {
  let told = -Infinity;
  return (progress) => {
    if (performance.now() - told < TELL_MS) return;
    told = performance.now();
    onProgress(progress);
  };
}
