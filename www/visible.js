// Makes the characters of a foreign text visible that would otherwise hide or rearrange what is shown.

const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/**
 * Line ends become ⏎, tabs ⇥; control characters and marks that turn the direction of text or have no width are
 * named: ⟨U+202E⟩. Only for display: the model gets the text as it is in the file.
 *
 * @param {string} text
 * @param {number} [limit] Characters after which the rest becomes an ellipsis.
 */
export function visible(text, limit = Infinity) {
  const cut = text.length > limit ? `${text.slice(0, limit).replace(/[\ud800-\udbff]$/u, "")}…` : text;
  return cut.replace(/\r\n/gu, "⏎").replace(INVISIBLE, picture);
}

/** @param {string} character */
function picture(character) {
  const code = character.charCodeAt(0);
  if (code === 9) return "⇥";
  if (code === 10 || code === 13) return "⏎";
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
