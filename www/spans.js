// Places in a text, counted in characters as Python counts them, and the pieces that they cut it into. Pure.
//
// JavaScript counts UTF-16 units, of which an emoji has two: every place from the engine goes through here.

/**
 * @template {{start: number, end: number}} Span
 * @typedef {{text: string, span: Span|null}} Piece
 */

/** @param {string} text @returns {number} Characters: Unicode scalar values, of which a lone surrogate is one. */
export function characters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** @param {string} text @param {number} start @param {number} end @returns {string} The characters from `start` to before `end`. */
export function between(text, start, end) {
  return [...text].slice(start, end).join("");
}

/**
 * Cuts a text at spans. Joined together, the pieces are the text; spans that are empty, lie outside or start within one
 * before are left out, and one that goes beyond the end is cut.
 *
 * @template {{start: number, end: number}} Span
 * @param {string} text
 * @param {Span[]} spans  In any order.
 * @returns {Piece<Span>[]}
 */
export function pieces(text, spans) {
  const letters = [...text];
  /** @type {Piece<Span>[]} */
  const cut = [];
  let at = 0;
  const take = (/** @type {number} */ end, /** @type {Span|null} */ span) => {
    if (end > at) cut.push({ text: letters.slice(at, end).join(""), span });
    at = Math.max(at, end);
  };
  for (const span of [...spans].sort((left, right) => left.start - right.start)) {
    const end = Math.min(span.end, letters.length);
    if (!(span.start >= at) || !(end > span.start)) continue;
    take(span.start, null);
    take(end, span);
  }
  take(letters.length, null);
  return cut;
}

/**
 * Shortens pieces to about a number of characters around a place or else their first span, with an ellipsis where text is
 * left out.
 *
 * @template {{start: number, end: number}} Span
 * @param {Piece<Span>[]} all
 * @param {number} limit
 * @param {number} [around]  In characters.
 * @returns {Piece<Span>[]}
 */
export function excerpt(all, limit, around) {
  const total = all.reduce((sum, { text }) => sum + characters(text), 0);
  if (total <= limit) return all;
  const first = all.findIndex(({ span }) => span !== null);
  const ahead = all.slice(0, Math.max(first, 0)).reduce((sum, { text }) => sum + characters(text), 0);
  const before = around ?? ahead;
  const from =
    first < 0 && around === undefined ? 0 : Math.min(Math.max(0, before - Math.floor(limit / 3)), total - limit);
  /** @type {Piece<Span>[]} */
  const kept = from > 0 ? [{ text: "…", span: null }] : [];
  let at = 0;
  for (const { text, span } of all) {
    const letters = [...text];
    const inside = letters.slice(Math.max(0, from - at), Math.max(0, from + limit - at)).join("");
    if (inside !== "") kept.push({ text: inside, span });
    at += letters.length;
  }
  if (from + limit < total) kept.push({ text: "…", span: null });
  return kept;
}
