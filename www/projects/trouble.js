// What goes wrong with a browser's storage, in one sentence. Pure.

import { size } from "../format.js";
import { isMistake, mistake } from "../mistake.js";
import { isFull } from "./store.js";

/** @typedef {import("../protocol.js").Mistake} Mistake */

export const NO_STORAGE = mistake(
  "file",
  "This browser gives the page no storage, as in some private windows. Training works all the same, but nothing outlives this tab: download your model before you close it.",
);

const FULL = mistake(
  "file",
  "The browser’s storage is full, so the newest work is not kept. Delete projects that you no longer need to make room.",
);

/** What was opened is read once more when it is kept. */
const MOVED = mistake(
  "file",
  "A file that is open here was moved, changed or deleted since, so the newest work is not kept. Open it again.",
);
/** How browsers call a file that they cannot read any more. */
const UNREADABLE = new Set(["NotFoundError", "NotReadableError"]);

/** @param {unknown} thrown @returns {Mistake} */
export function troubleOf(thrown) {
  if (isMistake(thrown)) return thrown;
  if (isFull(thrown)) return FULL;
  if (thrown instanceof Error && UNREADABLE.has(thrown.name)) return MOVED;
  const cause = thrown instanceof Error ? thrown.message.replace(/[.\s]*$/u, "") : String(thrown);
  return mistake(
    "file",
    `The browser’s storage does not work at the moment (${cause}), so the newest work is not kept. The next change is tried again.`,
  );
}

/** Bytes that a full run keeps for each number that learns: the weights, the best ones, and two moments. */
const BYTES_EACH = 16;
/** Two checkpoints are kept while a third is written. */
const AT_ONCE = 3;

/**
 * Whether the checkpoints of a run have room, in words.
 *
 * @param {{usage: number, quota: number}|null} estimate
 * @param {number} parameters  Of the model that is trained.
 * @returns {string|null} Null where they have.
 */
export function roomFor(estimate, parameters) {
  if (!estimate || estimate.quota === 0) return null;
  const room = Math.max(0, estimate.quota - estimate.usage);
  const needed = parameters * BYTES_EACH * AT_ONCE;
  if (room >= needed) return null;
  return `This browser has room for ${size(room)}; checkpoints of a full run may need ${size(needed)}. Training works all the same, but could not be continued after a crash.`;
}
