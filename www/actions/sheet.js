// Predicting a whole table: opened, its columns chosen, read and written in pieces, saved.

import { fileName, save } from "../download.js";
import { cutWords } from "../trial.js";
import { NO_SHEET } from "../outcome.js";
import { picking } from "./picking.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").World} World */

/** @param {World} world @param {() => Promise<void>} openKept  Has an engine open the model that a project keeps. */
export function sheetActions({ client, dispatch, state }, openKept) {
  /** @param {Partial<import("../outcome.js").SheetState>} change */
  const sheet = (change) => dispatch({ type: "sheet", change });

  const picked = picking({
    now: () => state().result.sheet,
    none: NO_SHEET,
    say: sheet,
    read: async (file, dialect) => {
      await openKept();
      return { info: await client.openSheet(file, dialect) };
    },
  });

  return {
    openSheet: picked.open,
    chooseSheetWorksheet: picked.chooseWorksheet,
    readSheetAs: picked.readAs,

    /** @param {import("../protocol.js").SheetRequest} request */
    async predictSheet(request) {
      const { info, busy } = state().result.sheet;
      if (busy || !info) return;
      sheet({
        busy: "predicting",
        progress: { done: 0, total: info.bytes, what: "Predicting" },
        words: null,
        error: null,
      });
      try {
        const result = await client.predictSheet(request, (progress) => sheet({ progress }));
        const text = info.dialect.delimiter === "tab" ? "tsv" : "csv";
        const name = `${fileName(info.name)}-predicted.${request.format === "csv" ? text : "xlsx"}`;
        if (result) save(result.blob, name);
        const saved = result && [`${name} was handed to your browser’s downloads.`, cutWords(result.cut, "rows")];
        sheet({ words: saved ? saved.filter(Boolean).join(" ") : "Cancelled; nothing was saved." });
      } catch (thrown) {
        sheet({ error: local(thrown) });
      }
      // The engine has read past the table: it is opened again for another time.
      if (state().result.sheet.info === info) await picked.reopen();
    },

    async cancelSheet() {
      if (state().result.sheet.busy !== "predicting") return;
      sheet({ busy: "cancelling" });
      await client.cancelSheet().catch(() => null);
    },
  };
}
