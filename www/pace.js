// In the worker: how much work is asked of the engine at a time, so that cancelling and other calls come through. Pure.

/** How long one call should take. */
const SHARE_MS = 300;
const LEAST_ROWS = 8;
const MOST_ROWS = 1024;

/** Rows of the first call. */
export const FIRST_ROWS = 32;

/**
 * Rows to ask for next.
 *
 * @param {number} asked  Those of the last call.
 * @param {number} milliseconds  How long it took.
 */
export function nextRows(asked, milliseconds) {
  const wanted = Math.round((asked * SHARE_MS) / Math.max(milliseconds, 1));
  return Math.max(LEAST_ROWS, Math.min(wanted, asked * 2, MOST_ROWS));
}
