// The records of projects on a disk: each change writes a whole new one beside the one before, which counts where the new one
// is damaged.

import { checksum } from "./disk.js";
import { mistake } from "../mistake.js";
import { LONGEST_RECORD, filesOf, readProject, sealed, unsealed } from "./record.js";

/**
 * @typedef {import("./disk.js").Disk} Disk
 * @typedef {import("./record.js").Project} Project
 * @typedef {{project: Project, torn: boolean}} Loaded  `torn`: the newest record was damaged, this is the one before.
 */

const RECORD = /^record-(\d{8})$/u;

/** What could not be read back must not take the place of what can. @param {string} words */
function check(words) {
  try {
    readProject(words);
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown.message : String(thrown);
    throw mistake(
      "file",
      `The newest changes are not kept: in the project, ${cause}. Shorten or correct it and they are.`,
    );
  }
}

/** @param {Disk} disk */
export function openRecords(disk) {
  /** @param {string} id @returns {Promise<string[]>} The names of its records, the newest first. */
  async function records(id) {
    return (await disk.names(id)).filter((name) => RECORD.test(name)).reverse();
  }

  /** @param {string} id @param {string} name @returns {Promise<Project|null>} */
  async function readRecord(id, name) {
    const file = await disk.file(id, name);
    if (!file || file.size > LONGEST_RECORD) return null;
    const words = await unsealed(await file.text(), checksum);
    try {
      return words === null ? null : readProject(words);
    } catch {
      return null;
    }
  }

  /**
   * What was read last of each project. A record never changes once it is whole, so it is good while it is the newest; a torn one
   * another tab may just be writing.
   *
   * @type {Map<string, {name: string, found: Loaded}>}
   */
  const known = new Map();

  /** @param {string} id @returns {Promise<Loaded|null>} Null where nothing can be read. */
  async function load(id) {
    const names = await records(id);
    const before = known.get(id);
    if (before && before.name === names[0]) return before.found;
    known.delete(id);
    for (const name of names) {
      const project = await readRecord(id, name);
      if (!project) continue;
      const found = { project: { ...project, id }, torn: name !== names[0] };
      if (!found.torn) known.set(id, { name, found });
      return found;
    }
    return null;
  }

  /** Switches to a new record; what neither it nor the one before needs goes. @param {Project} project */
  async function commit(project) {
    const { id } = project;
    // Two, since the newest may be damaged.
    const before = (await records(id)).slice(0, 2);
    const number = before.length > 0 ? Number(before[0].match(RECORD)?.[1]) + 1 : 1;
    const name = `record-${String(number).padStart(8, "0")}`;
    const words = JSON.stringify(project);
    check(words);
    await disk.write(id, name, await sealed(words, checksum));
    const kept = new Set([name, ...before, ...filesOf(project).map((file) => file.name)]);
    for (const other of await disk.names(id)) if (!kept.has(other)) await disk.remove(id, other);
    return project;
  }

  /** @returns {Promise<Loaded[]>} The one that was changed last comes first. */
  async function all() {
    const found = await Promise.all((await disk.folders()).map(load));
    const readable = found.filter((one) => one !== null);
    return readable.sort((one, other) => other.project.changed - one.project.changed);
  }

  return {
    all,
    commit,
    load,

    /** Whether there is any, damaged or not. @param {string} id */
    has: async (id) => (await records(id)).length > 0,
  };
}
