// What the engine's worker keeps of a run: checkpoints while it goes and the model at its end, sent to the worker that stores.

import { isMistake } from "../mistake.js";
import { checksum } from "./disk.js";

/**
 * @typedef {import("../pkg/cpu/tabtune.js").Engine} Engine
 * @typedef {{path: string, bytes: Uint8Array}} Made
 * @typedef {ReturnType<typeof createKeeping>} Keeping
 */

/**
 * @param {import("./writer.js").Writer} writer
 * @param {string} base  What an adapter names its model by.
 * @param {() => {created: string, browser: string}} madeWith
 * @param {(event: import("../protocol.js").KeptEvent) => void} tell
 */
export function createKeeping(writer, base, madeWith, tell) {
  return {
    isDue: writer.isDue,
    close: writer.close,

    /** Between two steps. @param {Engine} engine */
    async checkpoint(engine) {
      try {
        await writer.write(
          () => engine.checkpoint(),
          (info, mistake) => tell({ type: "kept", info, mistake }),
        );
      } catch (thrown) {
        // The engine says that there is none to be had now; anything else means that it is broken.
        if (!isMistake(thrown)) throw thrown;
      }
    },

    /** When the run is over. @param {Engine} engine */
    async result(engine) {
      const told = (/** @type {import("../protocol.js").Mistake|null} */ mistake) => {
        writer.close();
        tell({ type: "kept", info: null, mistake });
      };
      try {
        const made = await resultOf(
          () => engine.export_files({ ...madeWith(), base_model: base }),
          () => engine.export_adapter(base, madeWith()),
        );
        writer.keepResult(made).then(told);
      } catch (thrown) {
        if (!isMistake(thrown)) throw thrown;
        told(thrown);
      }
    },
  };
}

/**
 * The files of a trained model as a project keeps them: its adapter has a folder of its own.
 *
 * @param {() => Promise<Made[]>} makeFiles @param {() => Promise<Made[]>} makeAdapter
 * @returns {Promise<Made[]>}
 */
export async function resultOf(makeFiles, makeAdapter) {
  const files = await makeFiles();
  // Only what was trained as one has an adapter.
  const adapter = await makeAdapter().catch(() => []);
  return [...files, ...adapter.map(({ path, bytes }) => ({ path: `adapter/${path}`, bytes }))];
}

/** @param {import("../protocol.js").ModelFiles} files @returns {Promise<string>} Of the configuration and all weights. */
export async function sumOf({ config, weights }) {
  const sums = [];
  for (const part of [config, ...[weights].flat()]) if (part) sums.push(await checksum(part));
  return checksum(new TextEncoder().encode(sums.join(" ")));
}
