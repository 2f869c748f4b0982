// Tables and models that are read from a project's own files: when the project is deleted, what is open lives on in copies.

import { dialectOf } from "../dialect.js";
import { modelOfFiles } from "../models.js";

export function createLoans() {
  /** Of each, the project that lends it, and how it becomes a copy. @type {WeakMap<object, {id: string, copy: () => Promise<void>}>} */
  const lent = new WeakMap();

  return {
    /** @param {string} id @param {File} file @param {import("./record.js").TableRecord} table */
    table(id, file, table) {
      const source = { name: table.title, file, dialect: dialectOf(table) };
      const copy = async () => void (source.file = await copied(source.file));
      lent.set(source, { id, copy });
      return source;
    },

    /** @param {string} id @param {Map<string, File>} files  By their paths. @param {string} name */
    model(id, files, name) {
      const source = modelOfFiles(files, name);
      const copy = async () => {
        for (const [path, file] of files) files.set(path, await copied(file));
      };
      lent.set(source, { id, copy });
      return source;
    },

    /** Before a project goes. @param {string} id @param {(object|null)[]} sources  What may be read again. */
    async copyAll(id, sources) {
      for (const source of sources) {
        const loan = source && lent.get(source);
        if (!loan || loan.id !== id) continue;
        lent.delete(source);
        await loan.copy();
      }
    },
  };
}

/** The same file in the browser's memory, or on its disk where it is large. @param {File} file */
async function copied(file) {
  try {
    return new File([await new Response(file.stream()).blob()], file.name);
  } catch {
    // Deleting goes on. Whoever reads it again is told that it is not there.
    return file;
  }
}
