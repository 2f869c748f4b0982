// A project as one zip: its record as project.json and its files beside it. What comes in is taken for hostile: the list of
// contents, names and sizes are checked before anything is read.

import { size } from "../format.js";
import { mistake } from "../mistake.js";
import { visible } from "../visible.js";
import { RECORD, checkPacking, listed } from "../zips.js";
import { LONGEST_RECORD, filesOf, readProject } from "./record.js";

/**
 * @typedef {import("./record.js").Project} Project
 * @typedef {import("./record.js").Stored} Stored
 * @typedef {import("unzipit").ZipEntry} ZipEntry
 * @typedef {import("../zips.js").Unzip} Unzip
 * @typedef {{project: Project, source: (stored: Stored) => Promise<ReadableStream<Uint8Array>>, bytes: number}} Unpacked
 */

const FOLDER = "files/";

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
 * @param {Unzip} unzip
 * @param {number} room  Bytes that may be stored.
 * @returns {Promise<Unpacked>}
 * @throws Mistake
 */
export async function unpack(file, unzip, room) {
  const entries = await byName(file, unzip);
  const record = entries.get(RECORD);
  if (!record) throw refused(file, `it holds no ${RECORD}. Choose a file that was exported from this page`);
  if (record.size > LONGEST_RECORD) throw refused(file, `its ${RECORD} has ${size(record.size)}`);
  const project = await readRecord(file, record);
  const stored = filesOf(project);
  const known = new Set([RECORD, ...stored.map(({ name }) => FOLDER + name)]);
  const strange = [...entries.keys()].find((name) => !known.has(name));
  if (strange !== undefined) throw refused(file, `it holds “${visible(strange, 80)}”, which belongs to no project`);
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
      `${visible(file.name, 80)} needs ${size(bytes)} and this browser has room for ${size(Math.max(room, 0))}. Delete projects that you no longer need first.`,
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

/** @param {File} file @param {Unzip} unzip @returns {Promise<Map<string, ZipEntry>>} */
async function byName(file, unzip) {
  const refuse = (/** @type {string} */ why) => refused(file, why);
  const found = await listed(file, unzip, refuse);
  checkPacking(found, refuse);
  const entries = new Map(found.map((entry) => [entry.name, entry]));
  const twice = found.find((entry) => entries.get(entry.name) !== entry);
  if (twice) throw refused(file, `it holds “${visible(twice.name, 80)}” twice`);
  return entries;
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
  return mistake("file", `${visible(file.name, 80)} was not imported: ${why}.`, { name: file.name });
}
