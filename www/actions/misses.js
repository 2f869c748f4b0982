// Looking for the rows that the model is wrong about.

import { fileName, save } from "../download.js";
import { missesCsv } from "../missed.js";
import { mistake } from "../mistake.js";
import { NO_MISSES } from "../outcome.js";
import { asked } from "./asked.js";
import { local } from "./world.js";

/**
 * @typedef {import("./world.js").World} World
 * @typedef {import("../protocol.js").Side} Side
 */

/**
 * @param {World} world
 * @param {() => Promise<void>} openKept  Has an engine open the model that a project keeps.
 * @param {() => import("./data.js").TableSource|null} sourceInUse  The table that training uses.
 * @param {() => import("../protocol.js").Source|null} measuredSource  The one that the model is measured on.
 */
export function missActions({ client, dispatch, state }, openKept, sourceInUse, measuredSource) {
  /** @param {Side|"measured"} side @param {(progress: import("../protocol.js").Progress) => void} onProgress */
  function find(side, onProgress) {
    const { mapping } = state().result.measure;
    const measured = measuredSource();
    if (side === "measured" && mapping && measured) return client.measuredMisses(measured, mapping, onProgress);
    const source = sourceInUse();
    const { dataset } = state().data;
    if (side === "measured" || !source || !dataset) {
      throw mistake("order", "The table is needed that the model was trained on. Open it in step 2, then look again.");
    }
    return client.misses(source, dataset.mapping, side, onProgress);
  }

  return {
    /** @param {Side|"measured"} side */
    async lookForMisses(side) {
      if (state().result.misses.busy) return;
      const about = asked(state());
      /** What comes after another model took the place of this one says nothing of that one. @param {Partial<import("../outcome.js").MissState>} change */
      const say = (change) => asked(state()) === about && dispatch({ type: "misses", change });
      dispatch({ type: "misses", change: { ...NO_MISSES, busy: "looking", side } });
      try {
        await openKept();
        const found = await find(side, (progress) => say({ progress }));
        say({ found, busy: null, progress: null });
      } catch (thrown) {
        say({ busy: null, progress: null, error: local(thrown) });
      }
    },

    saveMisses() {
      const { found, side } = state().result.misses;
      if (!found || found.found.length === 0) return;
      const table = side === "measured" ? state().result.measure.info?.name : state().data.dataset?.table;
      save(new Blob([missesCsv(found.found)], { type: "text/csv" }), `${fileName(table ?? "")}-wrong.csv`);
    },

    async cancelMisses() {
      if (state().result.misses.busy !== "looking") return;
      dispatch({ type: "misses", change: { busy: "cancelling" } });
      await client.cancelMisses().catch(() => null);
    },
  };
}
