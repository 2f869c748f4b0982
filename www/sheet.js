// In the worker: a table of any length through the engine, read from its file and written to a blob piece by piece, so that
// neither is ever in memory as a whole.

import { mistake } from "./mistake.js";
import { FIRST_ROWS, nextRows } from "./pace.js";
import { LARGEST_WHOLE, PIECE, bytesBetween } from "./pieces.js";
import { tooLarge } from "./stream.js";

/**
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./pkg/cpu/tabtune.js").Engine} EngineObject
 * @typedef {<T>(work: (engine: EngineObject) => T|Promise<T>) => Promise<T>} InTurn
 */

/** The result's lines are handed to the browser, which may keep them on disk, once they are this many bytes. */
const PART = 4 << 20;

/**
 * @param {InTurn} inTurn
 * @param {() => Promise<void>} turn  Lets waiting messages in.
 */
export function sheetAnswers(inTurn, turn) {
  /** @type {File|null} */
  let open = null;
  /** Goes up with each sheet that is opened, predicted or cancelled: what belongs to an old number gives up. */
  let version = 0;

  /** @param {File} file @param {import("./protocol.js").Dialect} dialect  As far as it is known. */
  async function openSheet(file, dialect) {
    const mine = (version += 1);
    open = null;
    await inTurn((engine) => engine.sheet_look(file.name, dialect));
    for (let at = 0, first = true; first || at < file.size; at += PIECE, first = false) {
      const piece = await bytesBetween(file, at, at + PIECE, file.name);
      await inTurn((engine) => engine.sheet_survey(piece));
      if (mine !== version) throw REPLACED;
    }
    let info = await inTurn((engine) => engine.sheet_open());
    if (info === null) {
      if (file.size > LARGEST_WHOLE) throw tooLarge(file.name, file.size, LARGEST_WHOLE, "in this format");
      const bytes = await bytesBetween(file, 0, file.size, file.name);
      info = await inTurn((engine) => engine.sheet_whole(bytes));
    }
    if (mine === version) open = file;
    return info;
  }

  /** @param {import("./protocol.js").SheetRequest} request @param {(progress: Progress) => void} onProgress */
  async function predictSheet(request, onProgress) {
    const file = open;
    if (!file) throw mistake("order", "Open the table to be predicted first.");
    const mine = (version += 1);
    open = null;
    const { header, whole } = await inTurn((engine) => engine.sheet_begin(request));
    const result = parts(header);
    let rows = FIRST_ROWS;
    for (let at = 0, first = true; first || at < file.size; at += PIECE, first = false) {
      const piece = whole ? new Uint8Array(0) : await bytesBetween(file, at, at + PIECE, file.name);
      const last = whole || at + PIECE >= file.size;
      const fresh = await inTurn((engine) => engine.sheet_push(piece, last));
      let waiting = fresh;
      while (waiting > 0) {
        if (mine !== version) return null;
        const done = whole ? file.size * (1 - waiting / fresh) : at + piece.length * (1 - waiting / fresh);
        onProgress({ done, total: file.size, what: "Predicting" });
        const began = performance.now();
        const asked = rows;
        result.add(await inTurn((engine) => engine.sheet_predict(asked)));
        waiting -= asked;
        rows = nextRows(asked, performance.now() - began);
        await turn();
      }
      if (last) break;
    }
    if (mine !== version) return null;
    const cut = await inTurn((engine) => engine.sheet_cut());
    result.add(await inTurn((engine) => engine.sheet_finish()));
    return { blob: result.blob(TYPES[request.format]), cut };
  }

  return {
    open_sheet: openSheet,
    predict_sheet: predictSheet,
    cancel_sheet: () => {
      version += 1;
      return null;
    },
  };
}

/** What browsers call the formats of results. */
const TYPES = {
  csv: "text/csv",
  excel: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

const REPLACED = mistake("order", "Another table was opened meanwhile.");

/** Gathers a file. @param {Uint8Array<ArrayBuffer>} first */
function parts(first) {
  /** @type {Blob[]} */
  const done = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let lately = [first];
  let bytes = first.length;

  function hand() {
    done.push(new Blob(lately));
    lately = [];
    bytes = 0;
  }

  return {
    /** @param {Uint8Array<ArrayBuffer>} more */
    add(more) {
      lately.push(more);
      bytes += more.length;
      if (bytes >= PART) hand();
    },
    /** @param {string} type */
    blob(type) {
      hand();
      return new Blob(done, { type });
    },
  };
}
