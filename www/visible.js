// Makes the characters of a foreign text visible that would otherwise hide or rearrange what is shown.

const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** Of scripts whose spelling needs joiners: in Latin, Greek and Cyrillic words they only hide. */
const LETTER = String.raw`(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Inherited}])[\p{L}\p{M}]`;
const EMOJI = String.raw`\p{Extended_Pictographic}`;

/** Where a joiner is meant: what stands before it, and what after it. @type {[RegExp, RegExp][]} */
const MEANT = [
  [String.raw`${LETTER}\p{M}*$`, `^${LETTER}`],
  // After the sign that takes a consonant's vowel away, also at the end of a word.
  [String.raw`(?!\p{Script=Inherited})\p{M}$`, ""],
  [String.raw`${EMOJI}[\ufe0f\p{Emoji_Modifier}]?$`, `^${EMOJI}`],
].map(([before, after]) => [new RegExp(before, "u"), new RegExp(after, "u")]);
/** Code units that any of these looks at. */
const NEAR = 4;

/**
 * Line ends become ⏎, tabs ⇥; control characters and marks that turn the direction of text or have no width are
 * named: ⟨U+202E⟩. Only for display: the model gets the text as it is in the file.
 *
 * @param {string} text
 * @param {number} [limit] Characters after which the rest becomes an ellipsis.
 */
export function visible(text, limit = Infinity) {
  const cut = text.length > limit ? `${text.slice(0, limit).replace(/[\ud800-\udbff\u200c\u200d]$/u, "")}…` : text;
  return cut.replace(/\r\n/gu, "⏎").replace(INVISIBLE, picture);
}

/** @param {string} character @param {number} place @param {string} text */
function picture(character, place, text) {
  const code = character.charCodeAt(0);
  if (code === 9) return "⇥";
  if (code === 10 || code === 13) return "⏎";
  if ((code === 0x200c || code === 0x200d) && isMeant(text, place)) return character;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** Whether a joiner belongs to the spelling of a word, or holds the parts of an emoji together. @param {string} text @param {number} place */
function isMeant(text, place) {
  const before = text.slice(Math.max(0, place - NEAR), place);
  const after = text.slice(place + 1, place + 1 + NEAR);
  return MEANT.some(([left, right]) => left.test(before) && right.test(after));
}
