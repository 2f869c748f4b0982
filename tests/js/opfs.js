// The browser's file system for pages, in this process's memory, as far as the store uses it; it can run full and lose the end
// of a file, as a disk does when the power goes.

class MemoryFile {
  kind = /** @type {const} */ ("file");
  bytes = new Uint8Array(0);

  /** @param {string} name @param {Disk} disk */
  constructor(name, disk) {
    this.name = name;
    this.disk = disk;
  }

  async getFile() {
    return new File([this.bytes], this.name);
  }

  async createSyncAccessHandle() {
    return {
      write: (/** @type {Uint8Array} */ part, /** @type {{at: number}} */ { at }) => {
        if (this.disk.used() + part.length > this.disk.room) throw new DOMException("Full.", "QuotaExceededError");
        const grown = new Uint8Array(Math.max(this.bytes.length, at + part.length));
        grown.set(this.bytes);
        grown.set(part, at);
        this.bytes = grown;
        return part.length;
      },
      flush() {},
      close() {},
    };
  }
}

class Folder {
  kind = /** @type {const} */ ("directory");
  /** @type {Map<string, Folder|MemoryFile>} */
  inside = new Map();

  /** @param {string} name @param {Disk} disk */
  constructor(name, disk) {
    this.name = name;
    this.disk = disk;
  }

  /** @param {string} name @param {{create?: boolean}} options */
  async getDirectoryHandle(name, { create = false } = {}) {
    return this.take(name, create, () => new Folder(name, this.disk));
  }

  /** @param {string} name @param {{create?: boolean}} options */
  async getFileHandle(name, { create = false } = {}) {
    return this.take(name, create, () => new MemoryFile(name, this.disk));
  }

  /** @param {string} name @param {boolean} create @param {() => Folder|MemoryFile} make */
  take(name, create, make) {
    if (!this.inside.has(name) && !create) throw new DOMException("None.", "NotFoundError");
    if (!this.inside.has(name)) this.inside.set(name, make());
    return this.inside.get(name);
  }

  /** @param {string} name */
  async removeEntry(name) {
    if (!this.inside.delete(name)) throw new DOMException("None.", "NotFoundError");
  }

  async *values() {
    yield* this.inside.values();
  }
}

/** What a test has in its hand. */
export class Disk {
  room = Infinity;
  root = new Folder("", this);

  /** @returns {FileSystemDirectoryHandle} */
  get handle() {
    return /** @type {any} */ (this.root);
  }

  /** @returns {MemoryFile[]} All of them, by their paths. */
  files(folder = this.root) {
    return [...folder.inside.values()].flatMap((/** @type {any} */ one) =>
      one.kind === "file" ? [one] : this.files(one),
    );
  }

  used() {
    return this.files().reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Loses the end of the newest file of a kind. @param {string} kind */
  tear(kind) {
    const file = this.files()
      .filter(({ name }) => name.startsWith(kind))
      .at(-1);
    if (!file) throw new Error(`no ${kind}`);
    file.bytes = file.bytes.slice(0, file.bytes.length >> 1);
    return file.name;
  }
}
