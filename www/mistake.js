// Mistakes as values: made, recognised and put into one sentence for whatever was thrown.

/** @typedef {import("./protocol.js").Mistake} Mistake */

/**
 * @param {Mistake["kind"]} kind
 * @param {string} message
 * @param {Partial<Mistake>} [place]
 * @returns {Mistake}
 */
export function mistake(kind, message, place = {}) {
  return { ...place, kind, message };
}

/** @param {unknown} thrown @returns {thrown is Mistake} */
export function isMistake(thrown) {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { kind, message } = /** @type {Record<string, unknown>} */ (thrown);
  return typeof kind === "string" && typeof message === "string";
}

/**
 * Whatever was thrown, as a mistake: a mistake as it is, anything else as one of the given kind.
 *
 * @param {unknown} thrown
 * @param {Mistake["kind"]} kind
 * @param {string} remedy  Sentence that says what to do.
 * @returns {Mistake}
 */
export function asMistake(thrown, kind, remedy) {
  if (isMistake(thrown)) return thrown;
  const cause = thrown instanceof Error ? thrown.message : String(thrown);
  return mistake(kind, `${cause.replace(/[.\s]*$/u, "")}. ${remedy}`);
}
