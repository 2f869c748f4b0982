// Measuring the model on another table: opened, its columns chosen, its rows gone through.

import { NO_MEASURE } from "../outcome.js";
import { asked } from "./asked.js";
import { picking } from "./picking.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").World} World */

/** @param {World} world @param {() => Promise<void>} openKept  Has an engine open the model that a project keeps. */
export function measureActions({ client, dispatch, state }, openKept) {
  /** @param {Partial<import("../outcome.js").MeasureState>} change */
  const measure = (change) => dispatch({ type: "measure", change });

  const picked = picking({
    now: () => state().result.measure,
    none: NO_MEASURE,
    say: measure,
    read: async (file, dialect) => {
      await openKept();
      const like = state().data.dataset?.mapping ?? null;
      const source = { file, name: file.name, dialect };
      const opened = await client.openMeasured(source, like, (progress) => measure({ progress }));
      return opened && { info: opened.table, mapping: opened.mapping, measured: null };
    },
  });

  return {
    openMeasured: picked.open,
    chooseMeasuredWorksheet: picked.chooseWorksheet,
    readMeasuredAs: picked.readAs,

    /** The file and how it is read, for whoever else looks at its rows. */
    measuredSource: picked.source,

    /** What was measured by other columns is no more. @param {import("../protocol.js").Mapping} mapping */
    changeMeasured: (mapping) => measure({ mapping, measured: null, words: null, error: null }),

    async measure() {
      const { mapping, busy } = state().result.measure;
      const source = picked.source();
      if (busy || !mapping || !source) return;
      const about = asked(state());
      /** What comes after another model took the place of this one says nothing of that one. @param {Partial<import("../outcome.js").MeasureState>} change */
      const say = (change) => asked(state()) === about && measure(change);
      measure({ busy: "measuring", progress: null, measured: null, words: null, error: null });
      try {
        await openKept();
        const measured = await client.measure(source, mapping, (progress) => say({ progress }));
        say({ measured, words: measured ? null : "Cancelled; nothing was measured." });
      } catch (thrown) {
        say({ error: local(thrown) });
      }
      say({ busy: null, progress: null });
    },

    async cancelMeasure() {
      if (state().result.measure.busy !== "measuring") return;
      measure({ busy: "cancelling" });
      await client.cancelMeasure().catch(() => null);
    },
  };
}
