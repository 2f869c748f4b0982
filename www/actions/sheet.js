// Predicting a whole table: opened, its columns chosen, read and written in pieces, saved.

import { fileName, save } from "../download.js";
import { NO_SHEET } from "../state.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").World} World */

/** @param {World} world @param {() => Promise<void>} openKept  Has an engine open the model that a project keeps. */
export function sheetActions({ client, dispatch, state }, openKept) {
  /** A result of another run has its own. @type {File|null} */
  let file = null;
  /** The one that was chosen of a workbook. @type {string|null} */
  let worksheet = null;

  /** @param {Partial<import("../state.js").SheetState>} change */
  const sheet = (change) => dispatch({ type: "sheet", change });

  return {
    /** @param {File} chosen */
    async openSheet(chosen) {
      if (state().result.sheet.busy) return;
      [file, worksheet] = [chosen, null];
      sheet({ ...NO_SHEET, busy: "opening" });
      try {
        await openKept();
        sheet({ info: await client.openSheet(chosen, null), busy: null });
      } catch (thrown) {
        sheet({ busy: null, error: local(thrown) });
      }
    },

    /** Another sheet of the open workbook; the one before stays if it cannot be read. @param {string} chosen */
    async chooseSheetWorksheet(chosen) {
      const { busy, info } = state().result.sheet;
      if (busy || !info || !file || chosen === info.worksheet) return;
      sheet({ busy: "opening", words: null, error: null });
      try {
        const info = await client.openSheet(file, chosen);
        worksheet = chosen;
        sheet({ info, busy: null });
      } catch (thrown) {
        sheet({ busy: null });
        await reopen();
        sheet({ error: local(thrown) });
      }
    },

    /** @param {import("../protocol.js").SheetRequest} request */
    async predictSheet(request) {
      const { info, busy } = state().result.sheet;
      if (busy || !info || !file) return;
      sheet({
        busy: "predicting",
        progress: { done: 0, total: info.bytes, what: "Predicting" },
        words: null,
        error: null,
      });
      try {
        const result = await client.predictSheet(request, (progress) => sheet({ progress }));
        const name = `${fileName(info.name)}-predicted.${request.format === "csv" ? "csv" : "xlsx"}`;
        if (result) save(result, name);
        sheet({ words: result ? `${name} was handed to your browser’s downloads.` : "Cancelled; nothing was saved." });
      } catch (thrown) {
        sheet({ error: local(thrown) });
      }
      // The engine has read past the table: it is opened again for another time.
      if (state().result.sheet.info === info) await reopen();
    },

    async cancelSheet() {
      if (state().result.sheet.busy !== "predicting") return;
      sheet({ busy: "cancelling" });
      await client.cancelSheet().catch(() => null);
    },
  };

  async function reopen() {
    try {
      if (file) sheet({ info: await client.openSheet(file, worksheet) });
    } catch (thrown) {
      sheet({ info: null, error: local(thrown) });
    }
    sheet({ busy: null, progress: null });
  }
}
