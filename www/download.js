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

/** @param {string} text @returns {string} A file name that every system takes. */
export function fileName(text) {
  const unpacked = text.replace(/\.(gz|zst)$/iu, "");
  const clean = unpacked.replace(/\.[A-Za-z0-9]{1,5}$/u, "").replace(/[^A-Za-z0-9._-]+/gu, "-");
  return clean.replace(/^[-.]+|[-.]+$/gu, "").slice(0, 60) || "model";
}
