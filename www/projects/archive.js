// A project as one zip: its record as project.json and its files beside it. What comes in is taken for hostile: the list of
// contents, names and sizes are checked before anything is read.

import { size } from "../format.js";
import { isMistake, mistake } from "../mistake.js";
import { LONGEST_RECORD, filesOf, readProject } from "./record.js";

/**
 * @typedef {import("./record.js").Project} Project
 * @typedef {import("./record.js").Stored} Stored
 * @typedef {import("unzipit").ZipEntry} ZipEntry
 * @typedef {import("unzipit").Reader} Reader
 * @typedef {{project: Project, source: (stored: Stored) => Promise<ReadableStream<Uint8Array>>, bytes: number}} Unpacked
 */

const RECORD = "project.json";
const FOLDER = "files/";
/** The list of what a zip holds takes some hundred bytes for each file, of which a project has hundreds at most. */
const LONGEST_LIST = 2e6;
const STORED = 0;
const DEFLATED = 8;

/**
 * What goes into the zip, in order.
 *
 * @param {Project} project
 * @param {(Stored & {file: File})[]} files
 */
export function contentsOf(project, files) {
  const lastModified = new Date(project.changed);
  return [
    { name: RECORD, input: JSON.stringify(project), lastModified },
    ...files.map(({ name, file }) => ({ name: FOLDER + name, input: file, lastModified })),
  ];
}

/**
 * @param {File} file
 * @param {(reader: Reader) => Promise<{entries: ZipEntry[]}>} unzip
 * @param {number} room  Bytes that may be stored.
 * @returns {Promise<Unpacked>}
 * @throws Mistake
 */
export async function unpack(file, unzip, room) {
  const entries = await listed(file, unzip);
  const record = entries.get(RECORD);
  if (!record) throw refused(file, `it holds no ${RECORD}. Choose a file that was exported from this page`);
  if (record.size > LONGEST_RECORD) throw refused(file, `its ${RECORD} has ${size(record.size)}`);
  const project = await readRecord(file, record);
  const stored = filesOf(project);
  const known = new Set([RECORD, ...stored.map(({ name }) => FOLDER + name)]);
  const strange = [...entries.keys()].find((name) => !known.has(name));
  if (strange !== undefined) throw refused(file, `it holds “${strange.slice(0, 80)}”, which belongs to no project`);
  if (known.size !== stored.length + 1) throw refused(file, "it names one file twice");
  for (const { name, bytes } of stored) {
    const entry = entries.get(FOLDER + name);
    if (!entry) throw refused(file, `${name} is missing from it`);
    if (entry.size !== bytes) throw refused(file, `${name} is said to have ${size(bytes)} and has ${size(entry.size)}`);
  }
  const bytes = stored.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes > room) {
    throw mistake(
      "file",
      `${file.name} needs ${size(bytes)} and this browser has room for ${size(Math.max(room, 0))}. Delete projects that you no longer need first.`,
    );
  }
  const source = async (/** @type {Stored} */ { name }) => {
    const words = (/** @type {Error} */ { message }) =>
      refused(file, `${name} in it cannot be unpacked (${message}). Export the project again`);
    const entry = /** @type {ZipEntry} */ (entries.get(FOLDER + name));
    const stream = await entry.stream().catch((/** @type {Error} */ thrown) => {
      throw words(thrown);
    });
    return inWords(stream, words);
  };
  return { project, source, bytes };
}

/** @param {File} file @param {(reader: Reader) => Promise<{entries: ZipEntry[]}>} unzip @returns {Promise<Map<string, ZipEntry>>} */
async function listed(file, unzip) {
  const found = await unzip(limited(file)).catch((thrown) => {
    throw isMistake(thrown) ? thrown : refused(file, `it is no zip that can be read (${thrown.message})`);
  });
  /** @type {Map<string, ZipEntry>} */
  const entries = new Map();
  for (const entry of found.entries) {
    if (entry.isDirectory) continue;
    if (entry.encrypted) throw refused(file, `“${entry.name.slice(0, 80)}” in it is encrypted`);
    if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
      throw refused(file, `“${entry.name.slice(0, 80)}” in it is packed in a way that browsers cannot unpack`);
    }
    if (entries.has(entry.name)) throw refused(file, `it holds “${entry.name.slice(0, 80)}” twice`);
    entries.set(entry.name, entry);
  }
  return entries;
}

/** Reads a file by parts; a list of contents that claims to be huge is not read into memory. @param {File} file @returns {Reader} */
function limited(file) {
  return {
    getLength: async () => file.size,
    async read(offset, length) {
      if (length > LONGEST_LIST) throw refused(file, `its list of contents has ${size(length)}`);
      return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
    },
    readStream: async (offset, length) => file.slice(offset, offset + length).stream(),
  };
}

/** @param {File} file @param {ZipEntry} record */
async function readRecord(file, record) {
  try {
    return readProject(await new Response(await record.stream()).text());
  } catch (thrown) {
    throw refused(file, `its ${RECORD} is damaged (${thrown instanceof Error ? thrown.message : thrown})`);
  }
}

/** A stream whose errors are said in words. @param {ReadableStream<Uint8Array>} stream @param {(thrown: Error) => import("../protocol.js").Mistake} words */
function inWords(stream, words) {
  const reader = stream.getReader();
  return /** @type {ReadableStream<Uint8Array>} */ (
    new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (thrown) {
          controller.error(words(/** @type {Error} */ (thrown)));
        }
      },
      cancel: (why) => reader.cancel(why),
    })
  );
}

/** @param {File} file @param {string} why */
function refused(file, why) {
  return mistake("file", `${file.name} was not imported: ${why}.`, { name: file.name });
}
