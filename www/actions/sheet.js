// Predicting a whole table: opened, its columns chosen, read and written in pieces, saved.

import { AS_FOUND } from "../dialect.js";
import { fileName, save } from "../download.js";
import { cutWords } from "../trial.js";
import { NO_SHEET } from "../state.js";
import { local } from "./world.js";

/**
 * @typedef {import("./world.js").World} World
 * @typedef {import("../protocol.js").Dialect} Dialect
 */

/** @param {World} world @param {() => Promise<void>} openKept  Has an engine open the model that a project keeps. */
export function sheetActions({ client, dispatch, state }, openKept) {
  /** A result of another run has its own. @type {File|null} */
  let file = null;
  /** How it is to be read, as it was read last. */
  let dialect = AS_FOUND;

  /** @param {Partial<import("../state.js").SheetState>} change */
  const sheet = (change) => dispatch({ type: "sheet", change });

  return {
    /** @param {File} chosen */
    async openSheet(chosen) {
      if (state().result.sheet.busy) return;
      [file, dialect] = [chosen, AS_FOUND];
      sheet({ ...NO_SHEET, source: { name: chosen.name, asked: dialect }, busy: "opening" });
      try {
        await openKept();
        sheet({ info: await client.openSheet(chosen, dialect), busy: null });
      } catch (thrown) {
        const error = local(thrown);
        // A mistake in a line may be one of the reading.
        sheet({ busy: null, error, refused: error?.kind === "table" && error.line !== undefined });
      }
    },

    /** Another sheet of the open workbook, which may have a header or none. @param {string} chosen */
    async chooseSheetWorksheet(chosen) {
      if (chosen !== state().result.sheet.info?.dialect.worksheet) await readAs({ ...AS_FOUND, worksheet: chosen });
    },

    /** Reads the table in another way. @param {Partial<Dialect>} change */
    readSheetAs: (change) => readAs({ ...dialect, ...change }),

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
        const text = info.dialect.delimiter === "tab" ? "tsv" : "csv";
        const name = `${fileName(info.name)}-predicted.${request.format === "csv" ? text : "xlsx"}`;
        if (result) save(result.blob, name);
        const saved = result && [`${name} was handed to your browser’s downloads.`, cutWords(result.cut, "rows")];
        sheet({ words: saved ? saved.filter(Boolean).join(" ") : "Cancelled; nothing was saved." });
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

  /** What was open stays if it cannot be read so. @param {Dialect} asked */
  async function readAs(asked) {
    const { busy, info } = state().result.sheet;
    if (busy || !file) return;
    sheet({ busy: "opening", words: null, error: null });
    try {
      const read = await client.openSheet(file, asked);
      dialect = asked;
      sheet({ info: read, source: { name: file.name, asked }, busy: null, refused: false });
    } catch (thrown) {
      // Of a file that was not read yet, what was said last is shown.
      if (info) await reopen();
      else sheet({ source: { name: file.name, asked: (dialect = asked) } });
      sheet({ busy: null, error: local(thrown) });
    }
  }

  async function reopen() {
    try {
      if (file) sheet({ info: await client.openSheet(file, dialect) });
    } catch (thrown) {
      sheet({ info: null, error: local(thrown) });
    }
    sheet({ busy: null, progress: null });
  }
}
