// Zips of outside: their lists of contents, checked before anything is read of them, and what a dropped one is: a project, a
// model, or an archive with tables, which the engine unpacks itself.

import { size } from "./format.js";
import { isOfModel, isOfWeights } from "./intake.js";
import { isMistake, mistake } from "./mistake.js";
import { tooLarge } from "./stream.js";
import { visible } from "./visible.js";

/**
 * @typedef {import("unzipit").ZipEntry} ZipEntry
 * @typedef {import("unzipit").Reader} Reader
 * @typedef {(reader: Reader) => Promise<{entries: ZipEntry[]}>} Unzip  unzipRaw of unzipit.
 * @typedef {(why: string) => import("./protocol.js").Mistake} Refusal
 * @typedef {{is: "project"|"table"} | {is: "model", found: () => Promise<import("./intake.js").Found[]>}} Dropped
 */

/** What says what a zip of a project holds. */
export const RECORD = "project.json";
/** The list of what a zip holds takes some hundred bytes for each file, of which a project or a model has hundreds at most. */
const LONGEST_LIST = 2e6;
const STORED = 0;
const DEFLATED = 8;
/** Most bytes that a model's files may have together, once they are unpacked. */
const LARGEST_MODEL = 1e9;

/**
 * @param {File} file
 * @param {Unzip} unzip
 * @returns {Promise<Dropped>} A model's files are unpacked when they are asked for.
 * @throws Mistake where it is no zip, or one with a model that cannot be unpacked.
 */
export async function whatIsIn(file, unzip) {
  const refuse = (/** @type {string} */ why) =>
    mistake(
      "file",
      `${visible(file.name, 60)} cannot be unpacked: ${why}. Unpack it yourself and drop what is in it.`,
      {
        name: file.name,
      },
    );
  const all = (await listed(file, unzip, refuse)).filter(({ name }) => !name.startsWith("__MACOSX/"));
  if (all.some(({ name }) => name === RECORD)) return { is: "project" };
  const entries = all.filter((entry) => isOfModel(...parted(entry)));
  if (!entries.some((entry) => isOfWeights(parted(entry)[0]))) return { is: "table" };
  checkPacking(entries, refuse);
  const bytes = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (bytes > LARGEST_MODEL) throw tooLarge(`The model in ${visible(file.name, 60)}`, bytes, LARGEST_MODEL);
  return {
    is: "model",
    // Beside no folder it is the archive that names the model.
    found: () => Promise.all(entries.map((entry) => unpacked(entry, file.name.replace(/\.zip$/iu, ""), refuse))),
  };
}

/**
 * The files that a zip lists, folders left out.
 *
 * @param {File} file @param {Unzip} unzip @param {Refusal} refuse
 * @returns {Promise<ZipEntry[]>}
 */
export async function listed(file, unzip, refuse) {
  const found = await unzip(limited(file, refuse)).catch((thrown) => {
    throw isMistake(thrown) ? thrown : refuse(`it is no zip that can be read (${thrown.message})`);
  });
  return found.entries.filter(({ isDirectory }) => !isDirectory);
}

/** @param {ZipEntry[]} entries @param {Refusal} refuse @throws Mistake where a browser cannot unpack one of them. */
export function checkPacking(entries, refuse) {
  for (const { name, encrypted, compressionMethod } of entries) {
    if (encrypted) throw refuse(`“${visible(name, 80)}” in it is encrypted`);
    if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
      throw refuse(`“${visible(name, 80)}” in it is packed in a way that browsers cannot unpack`);
    }
  }
}

/** Reads a file by parts; a list of contents that claims to be huge is not read into memory. @param {File} file @param {Refusal} refuse @returns {Reader} */
function limited(file, refuse) {
  return {
    getLength: async () => file.size,
    async read(offset, length) {
      if (length > LONGEST_LIST) throw refuse(`its list of contents has ${size(length)}`);
      return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
    },
    readStream: async (offset, length) => file.slice(offset, offset + length).stream(),
  };
}

/** @param {ZipEntry} entry @returns {[string, string]} Its own name, and that of the folder that it lies in, if any. */
function parted({ name }) {
  const [file = "", folder = ""] = name.split("/").reverse();
  return [file, folder];
}

/** @param {ZipEntry} entry @param {string} archive @param {Refusal} refuse @returns {Promise<import("./intake.js").Found>} */
async function unpacked(entry, archive, refuse) {
  const [name, folder] = parted(entry);
  try {
    // No more comes out than the list says; unzipit sees to that.
    const blob = await new Response(await entry.stream()).blob();
    return { file: new File([blob], name), folder: folder || archive };
  } catch (thrown) {
    throw refuse(`“${visible(entry.name, 80)}” in it is damaged (${/** @type {Error} */ (thrown).message})`);
  }
}
