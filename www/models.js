// Where encoders come from: this page, files of the user, or the hub; each a source that can be read again.

import { MODEL_FILES } from "./folder.js";
import { mistake } from "./mistake.js";
import { downloadFromHub, readKept } from "./hub.js";
import { readBody, tooLarge } from "./stream.js";

/**
 * @typedef {import("./protocol.js").ModelFiles} ModelFiles
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {(progress: Progress) => void} OnProgress
 * @typedef {{name: string, read: (onProgress: OnProgress) => Promise<ModelFiles>}} ModelSource
 * @typedef {{repo: string, bytes: number}} Kept  An encoder kept in browser storage.
 * @typedef {import("./folder.js").Part} Part
 */

export const DEFAULT_NAME = "all-MiniLM-L6-v2";
const DEFAULT_BASE = new URL(`./pkg/models/${DEFAULT_NAME}/`, import.meta.url);

/** The encoder that comes with the page. It has the page's own origin and trust, so no checksum of its own. @returns {ModelSource} */
export function modelOfThePage() {
  return { name: DEFAULT_NAME, read: readDefault };
}

/** @param {OnProgress} onProgress @returns {Promise<ModelFiles>} */
async function readDefault(onProgress) {
  /** @type {Partial<Record<Part, Uint8Array>>} */
  const files = {};
  for (const { part, file, required, limit } of MODEL_FILES) {
    const response = await fetch(new URL(file, DEFAULT_BASE)).catch(() => null);
    if (response === null) {
      throw mistake(
        "file",
        `${file} of ${DEFAULT_NAME} could not be loaded: the connection to this page's server is gone. Try again when it is back.`,
        { name: file },
      );
    }
    if (!response.ok) {
      if (!required) continue;
      throw mistake(
        "file",
        `${file} of ${DEFAULT_NAME} is not on this page's server (status ${response.status}). Build the page again, or choose your own model files below.`,
        { name: file },
      );
    }
    files[part] = await readBody(response, file, limit, (done, total) =>
      onProgress({ done, total, what: `Loading ${file}` }),
    );
  }
  return /** @type {ModelFiles} */ (files);
}

/**
 * A model from files that the user dropped or chose.
 *
 * @param {Partial<Record<Part, File>>} files
 * @param {string} name
 * @returns {ModelSource}
 */
export function modelOfFiles(files, name) {
  const missing = MODEL_FILES.filter(({ part, required }) => required && !files[part]).map(({ file }) => file);
  if (missing.length > 0) {
    const verb = missing.length === 1 ? "is" : "are";
    throw mistake(
      "model",
      `${missing.join(" and ")} ${verb} missing. A model folder needs config.json, tokenizer.json and model.safetensors: drop them together.`,
      { name: missing[0] },
    );
  }
  return { name, read: (onProgress) => readFiles(files, onProgress) };
}

/** @param {Partial<Record<Part, File>>} files @param {OnProgress} onProgress @returns {Promise<ModelFiles>} */
async function readFiles(files, onProgress) {
  /** @type {Partial<Record<Part, Uint8Array>>} */
  const read = {};
  for (const { part, file: name, limit } of MODEL_FILES) {
    const file = files[part];
    if (!file) continue;
    if (file.size > limit) throw tooLarge(file.name, file.size, limit);
    onProgress({ done: 0, total: file.size, what: `Reading ${name}` });
    read[part] = await bytesOf(file);
  }
  return /** @type {ModelFiles} */ (read);
}

/** @param {File} file @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function bytesOf(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw mistake("file", `${file.name} can no longer be read: it was moved, changed or deleted. Choose it again.`, {
      name: file.name,
    });
  }
}

/** @param {string} written @returns {string} The repository as "owner/name". @throws Mistake */
export function hubName(written) {
  const repo = written
    .trim()
    .replace(/^(https:\/\/)?huggingface\.co\//u, "")
    .replace(/\/$/u, "");
  const part = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?";
  if (!new RegExp(`^${part}/${part}$`, "u").test(repo) || repo.includes("..")) {
    throw mistake("file", "Write the repository as owner/name, for example sentence-transformers/all-MiniLM-L6-v2.");
  }
  return repo;
}

/** A model of the hub: from browser storage if it was kept there, else downloaded and kept. @param {string} repo @returns {ModelSource} */
export function modelOfHub(repo) {
  return {
    name: repo,
    read: async (onProgress) => (await readKept(repo, onProgress)) ?? downloadFromHub(repo, onProgress),
  };
}
