// Files of bytes in the browser's own file system (OPFS): each is written whole and flushed, and read only if it is what was
// written. For a worker: only there may a file be written without waiting for the page.

/**
 * @typedef {{bytes: number, sum: string}} Written  How long a file is, and its checksum.
 * @typedef {Uint8Array|Blob|ReadableStream<Uint8Array>} Source
 * @typedef {ReturnType<typeof openDisk>} Disk
 *
 * @typedef {object} SyncHandle  What browsers give workers, and the types of pages do not know.
 * @property {(bytes: Uint8Array, options: {at: number}) => number} write
 * @property {() => void} flush
 * @property {() => void} close
 */

/** A file is hashed and written in pieces of this size, so that a large one needs no memory of its own. */
export const PIECE = 4 * 1024 * 1024;

/** @param {FileSystemDirectoryHandle} root */
export function openDisk(root) {
  /** @param {string} name @param {boolean} create */
  const folder = (name, create) => root.getDirectoryHandle(name, { create });

  /** @param {string} where @param {string} name @returns {Promise<File|null>} */
  async function file(where, name) {
    try {
      return await (await (await folder(where, false)).getFileHandle(name)).getFile();
    } catch {
      return null;
    }
  }

  return {
    file,

    /**
     * Writes a new file. One that cannot be written to its end is removed.
     *
     * @param {string} where  A folder; it is made if it is not there.
     * @param {string} name   Of no file that is there.
     * @param {Source} source
     * @returns {Promise<Written>}
     */
    async write(where, name, source) {
      const inside = await folder(where, true);
      const handle = /** @type {FileSystemFileHandle & {createSyncAccessHandle(): Promise<SyncHandle>}} */ (
        await inside.getFileHandle(name, { create: true })
      );
      try {
        const access = await handle.createSyncAccessHandle();
        try {
          return await fill(access, source);
        } finally {
          access.close();
        }
      } catch (thrown) {
        await inside.removeEntry(name).catch(() => null);
        throw thrown;
      }
    },

    /**
     * @param {string} where @param {string} name @param {Written} written  What writing it returned.
     * @returns {Promise<File|null>} Null if it is not there or no longer what was written.
     */
    async intact(where, name, written) {
      const found = await file(where, name);
      if (found?.size !== written.bytes) return null;
      return (await checksum(found)) === written.sum ? found : null;
    },

    /** @param {string} where @param {string} name */
    async remove(where, name) {
      await (await folder(where, false)).removeEntry(name).catch(() => null);
    },

    /** @param {string} where */
    async removeFolder(where) {
      await root.removeEntry(where, { recursive: true }).catch(() => null);
    },

    /** @param {string} where @returns {Promise<string[]>} Of its files, sorted; none where it is not there. */
    async names(where) {
      const inside = await folder(where, false).catch(() => null);
      return inside ? sortedNames(inside, "file") : [];
    },

    /** @returns {Promise<string[]>} */
    folders: () => sortedNames(root, "directory"),
  };
}

/** @param {FileSystemDirectoryHandle} folder @param {"file"|"directory"} kind */
async function sortedNames(folder, kind) {
  const names = [];
  for await (const handle of folder.values()) if (handle.kind === kind) names.push(handle.name);
  return names.sort();
}

/** @param {SyncHandle} access @param {Source} source @returns {Promise<Written>} */
async function fill(access, source) {
  const sums = [];
  let at = 0;
  for await (const piece of piecesOf(source)) {
    const written = access.write(piece, { at });
    // Some browsers write less instead of saying that there is no room.
    if (written !== piece.length) throw new DOMException("The storage is full.", "QuotaExceededError");
    at += written;
    sums.push(await digest(piece));
  }
  access.flush();
  return { bytes: at, sum: await sumOf(sums) };
}

/**
 * The SHA-256, in hex, of the SHA-256s of all pieces: browsers cannot hash a file that comes in parts.
 *
 * @param {Source} source
 */
export async function checksum(source) {
  const sums = [];
  for await (const piece of piecesOf(source)) sums.push(await digest(piece));
  return sumOf(sums);
}

/** @param {Uint8Array} bytes */
async function digest(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {Uint8Array<ArrayBuffer>} */ (bytes)));
}

/** @param {Uint8Array[]} sums */
async function sumOf(sums) {
  const all = await digest(new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (sums)).arrayBuffer()));
  return [...all].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Source} source @returns {AsyncGenerator<Uint8Array>} Each of them full but for the last. */
async function* piecesOf(source) {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.length; at += PIECE) yield source.subarray(at, at + PIECE);
  } else if (source instanceof Blob) {
    for (let at = 0; at < source.size; at += PIECE) {
      yield new Uint8Array(await source.slice(at, at + PIECE).arrayBuffer());
    }
  } else {
    yield* rechunked(source);
  }
}

/** @param {ReadableStream<Uint8Array>} stream */
async function* rechunked(stream) {
  const reader = stream.getReader();
  let piece = new Uint8Array(PIECE);
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (let from = 0; from < value.length;) {
        const part = value.subarray(from, from + PIECE - filled);
        piece.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled < PIECE) continue;
        yield piece;
        [piece, filled] = [new Uint8Array(PIECE), 0];
      }
    }
  } finally {
    await reader.cancel().catch(() => null);
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
