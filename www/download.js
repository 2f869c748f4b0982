// Hands finished files to the user: one file as it is, or all of them in a zip.

/** @typedef {{path: string, bytes: Uint8Array<ArrayBuffer>}} ExportedFile */

/** @param {ExportedFile[]} files @returns {Promise<Blob>} */
export async function zipped(files) {
  const { downloadZip } = await import("./pkg/vendor/client-zip.js");
  const lastModified = new Date();
  return downloadZip(files.map(({ path, bytes }) => ({ name: path, input: bytes, lastModified }))).blob();
}

/**
 * Offers a file for saving. Nothing is sent anywhere: the address is one of this tab's memory.
 *
 * @param {Blob} content
 * @param {string} name
 */
export function save(content, name) {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the blob after the click; a minute is ample even for a slow disk.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** What some file system takes in no name, and what hides or turns what is around it; but for the joiners that words need. */
const FORBIDDEN = /[<>:"/\\|?*\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;
/** What a name neither begins nor ends with: names with a dot before them are hidden, and Windows drops the one after them. */
const AT_THE_ENDS = /^[-.\s]+|[-.\s]+$/gu;
/** What Windows keeps for devices, whatever comes after a dot. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/iu;
/** Characters. With an ending they stay under the 255 bytes of a name, also where each is of four. */
const LONGEST = 60;

/** @param {string} text The name of a file or of something else, in any script. @returns {string} A file name, without an ending, that every system takes. */
export function fileName(text) {
  const unpacked = text.replace(/\.(gz|zst)$/iu, "");
  const bare = unpacked.replace(/\.[A-Za-z0-9]{1,5}$/u, "").normalize("NFC");
  const clean = bare.replace(FORBIDDEN, "-").replace(/-{2,}/gu, "-").replace(AT_THE_ENDS, "");
  const free = RESERVED.test(clean) ? `_${clean}` : clean;
  return [...free].slice(0, LONGEST).join("").replace(AT_THE_ENDS, "") || "model";
}
