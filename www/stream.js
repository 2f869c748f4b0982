// Reads the body of a response into memory with progress, within a limit that is checked before memory is taken.

import { size } from "./format.js";
import { mistake } from "./mistake.js";

/** @typedef {(done: number, total: number|null) => void} OnBytes */

/**
 * @param {Response} response
 * @param {string} what    Name of the file, for messages.
 * @param {number} limit   Most bytes that are accepted.
 * @param {OnBytes} [onBytes]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function readBody(response, what, limit, onBytes) {
  const total = announced(response);
  if (total !== null && total > limit) throw tooLarge(what, total, limit);
  if (!response.body) return new Uint8Array(0);
  const reader = response.body.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  let done = 0;
  for (;;) {
    const part = await reader.read();
    if (part.done) break;
    chunks.push(part.value);
    done += part.value.length;
    if (done > limit) {
      await reader.cancel();
      throw tooLarge(what, done, limit);
    }
    onBytes?.(done, total);
  }
  if (total !== null && done !== total) {
    throw mistake("file", `${what} ended after ${size(done)} of ${size(total)}. The connection broke: try again.`, {
      name: what,
    });
  }
  return joined(chunks, done);
}

/** The length of the body, where the header means the body and not its compressed form. @param {Response} response */
function announced(response) {
  const encoding = response.headers.get("content-encoding");
  const length = Number(response.headers.get("content-length"));
  return length > 0 && (encoding === null || encoding === "identity") ? length : null;
}

/** @param {Uint8Array[]} chunks @param {number} length */
function joined(chunks, length) {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** @param {string} what @param {number} found @param {number} limit @param {string} [when]  Where the limit holds. */
export function tooLarge(what, found, limit, when = "") {
  const most = `at most ${size(limit)} ${when}`.trim();
  return mistake("file", `${what} has ${size(found)}; ${most} fit into a tab. Take a smaller one.`, { name: what });
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string|null>} SHA-256 in hex; null where the page may not compute it. */
export async function sha256(bytes) {
  // Only pages from https or localhost may use the browser's own cryptography.
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
