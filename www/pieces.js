// In the worker: a file read piece by piece, so that it is never in memory as a whole.

import { mistake } from "./mistake.js";

/** Bytes of a file that are read at a time; the engine wants as many at once to tell a format from. */
export const PIECE = 1 << 20;

/** A file whose format is read whole may have so many bytes. */
export const LARGEST_WHOLE = 200e6;

/** @param {Blob} file @param {number} from @param {number} to @param {string} name @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function bytesBetween(file, from, to, name) {
  try {
    return new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch {
    throw mistake("file", `${name} can no longer be read. Was it moved or changed? Choose it again.`, { name });
  }
}
