// Where encoders come from: this page, files of the user, or the hub; each a source that can be read again.

import { INDEX, MODEL_FILES, assemble, checkSizes, contents, shardsNamed } from "./folder.js";
import { mistake } from "./mistake.js";
import { downloadFromHub, readKept } from "./hub.js";
import { readBody } from "./stream.js";

/**
 * @typedef {import("./protocol.js").ModelFiles} ModelFiles
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {(progress: Progress) => void} OnProgress
 * @typedef {object} ModelSource
 * @property {string} name
 * @property {string} base  What an adapter for it names it by, on the hub if it is there.
 * @property {ReadonlyMap<string, File>|"page"|"hub"} from  The files of the user that it consists of, by their paths, or where else it is.
 * @property {(onProgress: OnProgress) => Promise<ModelFiles>} read
 *
 * @typedef {{repo: string, bytes: number}} Kept  An encoder kept in browser storage.
 * @typedef {import("./folder.js").Part} Part
 */

export const DEFAULT_NAME = "all-MiniLM-L6-v2";
const DEFAULT_REPO = `sentence-transformers/${DEFAULT_NAME}`;
const DEFAULT_BASE = new URL(`./pkg/models/${DEFAULT_NAME}/`, import.meta.url);

/** The encoder that comes with the page. It has the page's own origin and trust, so no checksum of its own. @returns {ModelSource} */
export function modelOfThePage() {
  return { name: DEFAULT_NAME, base: DEFAULT_REPO, from: "page", read: readDefault };
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
        `${file} of ${DEFAULT_NAME} could not be loaded: the connection to this page’s server is gone. Try again when it is back.`,
        { name: file },
      );
    }
    if (!response.ok) {
      if (!required) continue;
      throw mistake(
        "file",
        `${file} of ${DEFAULT_NAME} is not on this page’s server (status ${response.status}). Build the page again, or choose your own model files below.`,
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
 * @param {ReadonlyMap<string, File>} files  By their paths in the model's folder.
 * @param {string} name
 * @returns {ModelSource}
 */
export function modelOfFiles(files, name) {
  const paths = new Set(files.keys());
  const shards = shardsNamed(paths);
  const { wanted, missing } = contents(paths, shards);
  if (missing.length > 0) throw incomplete(missing, paths.has(INDEX.file) && shards.length === 0);
  checkSizes(
    wanted,
    (path) => files.get(path)?.size ?? 0,
    (path) => (path === null ? `The model ${name}` : (files.get(path)?.name ?? path)),
  );
  return {
    name,
    base: name,
    from: files,
    read: (onProgress) => assemble(wanted, ({ file }) => readFile(files, file, onProgress)),
  };
}

/** Of missing files, as many are named as a sentence bears. */
const MOST_NAMED = 3;

/** @param {string[]} missing @param {boolean} indexed  Whether there is a list of the weights' files, and none of them. */
function incomplete(missing, indexed) {
  const named = missing.slice(0, MOST_NAMED).join(missing.length > MOST_NAMED ? ", " : " and ");
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more files` : "";
  const remedy = indexed
    ? `Drop the files that ${INDEX.file} lists together with it.`
    : "A model folder needs config.json, tokenizer.json or a BERT’s vocab.txt, and model.safetensors or all of its parts: drop them together.";
  return mistake("model", `${named}${more} ${missing.length === 1 ? "is" : "are"} missing. ${remedy}`, {
    name: missing[0],
  });
}

/** @param {ReadonlyMap<string, File>} files @param {string} path @param {OnProgress} onProgress */
async function readFile(files, path, onProgress) {
  const file = /** @type {File} */ (files.get(path));
  onProgress({ done: 0, total: file.size, what: `Reading ${path}` });
  return bytesOf(file);
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

/**
 * A model of the hub: from browser storage if it was kept there, else downloaded and kept.
 *
 * @param {string} repo
 * @param {import("./hub.js").ShardNames} shardNames
 * @returns {ModelSource}
 */
export function modelOfHub(repo, shardNames) {
  return {
    name: repo,
    base: repo,
    from: "hub",
    read: async (onProgress) => (await readKept(repo, onProgress)) ?? downloadFromHub(repo, onProgress, shardNames),
  };
}
