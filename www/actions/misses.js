// Looking for the rows that the model is wrong about.

import { fileName, save } from "../download.js";
import { missesCsv } from "../missed.js";
import { mistake } from "../mistake.js";
import { NO_MISSES } from "../state.js";
import { local } from "./world.js";

/**
 * @typedef {import("./world.js").World} World
 * @typedef {import("../protocol.js").Side} Side
 */

/**
 * @param {World} world
 * @param {() => Promise<void>} openKept  Has an engine open the model that a project keeps.
 * @param {() => import("./data.js").TableSource|null} sourceInUse  The table that training uses.
 */
export function missActions({ client, dispatch, state }, openKept, sourceInUse) {
  return {
    /** @param {Side} side */
    async lookForMisses(side) {
      if (state().result.misses.busy) return;
      const about = asked();
      /** What comes after another model took the place of this one says nothing of that one. @param {Partial<import("../state.js").MissState>} change */
      const say = (change) => asked() === about && dispatch({ type: "misses", change });
      dispatch({ type: "misses", change: { ...NO_MISSES, busy: "looking", side } });
      try {
        const source = sourceInUse();
        const { dataset } = state().data;
        if (!source || !dataset) {
          throw mistake(
            "order",
            "The table is needed that the model was trained on. Open it in step 2, then look again.",
          );
        }
        await openKept();
        const found = await client.misses(source, dataset.mapping, side, (progress) => say({ progress }));
        say({ found, busy: null, progress: null });
      } catch (thrown) {
        say({ busy: null, progress: null, error: local(thrown) });
      }
    },

    saveMisses() {
      const found = state().result.misses.found?.found ?? [];
      if (found.length === 0) return;
      const name = `${fileName(state().data.dataset?.table ?? "")}-wrong.csv`;
      save(new Blob([missesCsv(found)], { type: "text/csv" }), name);
    },

    async cancelMisses() {
      if (state().result.misses.busy !== "looking") return;
      dispatch({ type: "misses", change: { busy: "cancelling" } });
      await client.cancelMisses().catch(() => null);
    },
  };

  /** Stands for the model that is asked: what came of a run, or an open checkpoint with a head of its own. */
  function asked() {
    const { run, model } = state();
    return run.done ?? model.info;
  }
}
