// A table for step 5: the file that was chosen, how it is read, and what is shown while it is and where it cannot be.

import { AS_FOUND } from "../dialect.js";
import { local } from "./world.js";

/**
 * @typedef {import("../protocol.js").Dialect} Dialect
 *
 * @typedef {object} Standing  What the page shows of it.
 * @property {{dialect: Dialect}|null} info
 * @property {{name: string, asked: Dialect}|null} source
 * @property {boolean} refused
 * @property {string|null} busy
 * @property {import("../protocol.js").Progress|null} progress
 * @property {string|null} words
 * @property {import("../protocol.js").Mistake|null} error
 */

/**
 * @template {Standing} S
 * @param {object} of
 * @param {() => S} of.now
 * @param {S} of.none        While nothing was chosen.
 * @param {(change: Partial<S>) => void} of.say
 * @param {(file: File, dialect: Dialect) => Promise<Partial<S>|null>} of.read  What the engine found; null if it was cancelled.
 */
export function picking({ now, none, say: sayAll, read }) {
  /** @type {File|null} */
  let file = null;
  /** How it is to be read, as it was read last. */
  let dialect = AS_FOUND;
  const say = (/** @type {Partial<Standing>} */ change) => sayAll(/** @type {Partial<S>} */ (change));

  /** @param {Partial<S>|null} found @param {Partial<Standing>} rest */
  const found = (found, rest) => sayAll(/** @type {Partial<S>} */ ({ ...found, ...rest, busy: null, progress: null }));

  /** What was open stays if it cannot be read so. @param {Dialect} asked */
  async function readAs(asked) {
    const { busy, info } = now();
    if (busy || !file) return;
    say({ busy: "opening", words: null, error: null });
    try {
      const answer = await read(file, asked);
      if (answer) dialect = asked;
      found(answer, answer ? { source: { name: file.name, asked }, refused: false } : {});
    } catch (thrown) {
      // Of a file that was not read yet, what was said last is shown.
      if (info) await reopen();
      else say({ source: { name: file.name, asked: (dialect = asked) } });
      say({ busy: null, progress: null, error: local(thrown) });
    }
  }

  async function reopen() {
    try {
      if (file) found(await read(file, dialect), {});
    } catch (thrown) {
      say({ info: null, error: local(thrown) });
    }
    say({ busy: null, progress: null });
  }

  return {
    reopen,

    /** The file and how it is read. */
    source: () => file && { file, name: file.name, dialect },

    /** @param {File} chosen */
    async open(chosen) {
      if (now().busy) return;
      [file, dialect] = [chosen, AS_FOUND];
      sayAll({ ...none, source: { name: chosen.name, asked: dialect }, busy: "opening" });
      try {
        found(await read(chosen, dialect), {});
      } catch (thrown) {
        const error = local(thrown);
        // A mistake in a line may be one of the reading.
        say({ busy: null, progress: null, error, refused: error?.kind === "table" && error.line !== undefined });
      }
    },

    /** Another sheet of the open workbook, which may have a header or none. @param {string} chosen */
    async chooseWorksheet(chosen) {
      if (chosen !== now().info?.dialect.worksheet) await readAs({ ...AS_FOUND, worksheet: chosen });
    },

    /** Reads the table in another way. @param {Partial<Dialect>} change */
    readAs: (change) => readAs({ ...dialect, ...change }),
  };
}
