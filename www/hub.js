// Encoders of the model hub: listed, downloaded with progress, checked by SHA-256, and kept in browser storage.

import { MODEL_FILES } from "./folder.js";
import { mistake } from "./mistake.js";
import { readBody, sha256, tooLarge } from "./stream.js";

/**
 * @typedef {import("./protocol.js").ModelFiles} ModelFiles
 * @typedef {import("./models.js").OnProgress} OnProgress
 * @typedef {import("./folder.js").Part} Part
 * @typedef {{size: number, sha256: string|null}} Listed  What the hub says of one file.
 */

const HUB = "https://huggingface.co";
const STORE = "tabtune-encoders-1";
/** Headers of our own on a kept response: the sum that its bytes must have, and their number. */
const SUM = "x-tabtune-sha256";
const LENGTH = "x-tabtune-length";

/** @param {string} repo @param {string} file */
function addressOf(repo, file) {
  return `${HUB}/${repo}/resolve/main/${file}`;
}

/**
 * Downloads a repository's model files one after the other and keeps them for the next time.
 *
 * @param {string} repo  As hubName() returns it.
 * @param {OnProgress} onProgress
 * @returns {Promise<ModelFiles>}
 */
export async function downloadFromHub(repo, onProgress) {
  onProgress({ done: 0, total: null, what: `Looking up ${repo}` });
  const listing = await list(repo);
  const wanted = MODEL_FILES.filter(({ file, required }) => required || listing.has(file));
  const missing = wanted.find(({ file }) => !listing.has(file));
  if (missing) {
    throw mistake(
      "file",
      `${repo} has no ${missing.file} in its top folder. Take a repository that has config.json, tokenizer.json and model.safetensors.`,
      { name: missing.file },
    );
  }
  for (const { file, limit } of wanted) {
    const bytes = listing.get(file)?.size ?? 0;
    if (bytes > limit) throw tooLarge(`${file} of ${repo}`, bytes, limit);
  }
  /** @type {Partial<Record<Part, Uint8Array>>} */
  const files = {};
  for (const { part, file, limit } of wanted) {
    const response = await ask(addressOf(repo, file), repo);
    const what = `Downloading ${file}`;
    const total = listing.get(file)?.size ?? null;
    const bytes = await readBody(response, file, limit, (done, length) =>
      onProgress({ done, total: length ?? total, what }),
    );
    const sum = await check(file, bytes, listing.get(file)?.sha256 ?? null);
    await keep(repo, file, bytes, sum);
    files[part] = bytes;
  }
  return /** @type {ModelFiles} */ (files);
}

/** @param {string} repo @returns {Promise<Map<string, Listed>>} */
async function list(repo) {
  const response = await ask(`${HUB}/api/models/${repo}/tree/main`, repo);
  const bytes = await readBody(response, "The list of files", 4e6);
  /** @type {Map<string, Listed>} */
  const listing = new Map();
  for (const entry of parseList(bytes, repo)) {
    if (typeof entry?.path !== "string" || typeof entry.size !== "number") continue;
    const sum = typeof entry.lfs?.oid === "string" && /^[0-9a-f]{64}$/u.test(entry.lfs.oid) ? entry.lfs.oid : null;
    listing.set(entry.path, { size: entry.size, sha256: sum });
  }
  return listing;
}

/** @param {Uint8Array} bytes @param {string} repo @returns {any[]} */
function parseList(bytes, repo) {
  try {
    const entries = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(entries)) return entries;
  } catch {
    // The sentence below says it.
  }
  throw mistake("file", `The hub's answer about ${repo} is not a list of files. Try again later.`);
}

/** @param {string} address @param {string} repo @returns {Promise<Response>} */
async function ask(address, repo) {
  const response = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" }).catch(() => null);
  if (response === null) {
    const state =
      globalThis.navigator?.onLine === false ? "This machine is offline" : "huggingface.co cannot be reached";
    throw mistake(
      "file",
      `${state}, so ${repo} cannot be downloaded. Try again later, or drop the model's files here.`,
    );
  }
  if (response.ok) return response;
  if (response.status === 401 || response.status === 403 || response.status === 404) {
    throw mistake(
      "file",
      `The hub has no public model ${repo}, or not this file of it (status ${response.status}). Check the spelling of owner/name.`,
    );
  }
  throw mistake("file", `The hub answered with status ${response.status} for ${repo}. Try again in a minute.`);
}

/**
 * @param {string} file @param {Uint8Array<ArrayBuffer>} bytes @param {string|null} expected
 * @returns {Promise<string|null>} The file's SHA-256.
 */
async function check(file, bytes, expected) {
  const found = await sha256(bytes);
  if (found !== null && expected !== null && found !== expected) {
    throw mistake(
      "file",
      `${file} does not have the checksum that the hub names for it. The download was damaged: try again.`,
      { name: file },
    );
  }
  return found;
}

/** @returns {Promise<Cache|null>} Null where the browser gives no storage, as in some private windows. */
async function store() {
  try {
    return globalThis.caches ? await caches.open(STORE) : null;
  } catch {
    return null;
  }
}

/** @param {string} repo @param {string} file @param {Uint8Array<ArrayBuffer>} bytes @param {string|null} sum */
async function keep(repo, file, bytes, sum) {
  const headers = { [SUM]: sum ?? "", [LENGTH]: String(bytes.length) };
  try {
    await (await store())?.put(addressOf(repo, file), new Response(new Blob([bytes]), { headers }));
  } catch {
    // Storage is full: the model works all the same and is downloaded again next time.
  }
}

/**
 * A repository's files from browser storage.
 *
 * @param {string} repo
 * @param {OnProgress} onProgress
 * @returns {Promise<ModelFiles|null>} Null unless all required files are there and undamaged.
 */
export async function readKept(repo, onProgress) {
  const cache = await store();
  /** @type {Partial<Record<Part, Uint8Array>>} */
  const files = {};
  for (const { part, file, required, limit } of MODEL_FILES) {
    const response = await cache?.match(addressOf(repo, file));
    if (!response) {
      if (required) return null;
      continue;
    }
    const what = `Reading the kept ${file}`;
    const total = Number(response.headers.get(LENGTH));
    const bytes = await readBody(response, file, limit, (done) => onProgress({ done, total, what }));
    const sum = response.headers.get(SUM) || null;
    if (bytes.length !== total || (sum !== null && ((await sha256(bytes)) ?? sum) !== sum)) return null;
    files[part] = bytes;
  }
  return /** @type {ModelFiles} */ (files);
}

/** @returns {Promise<import("./models.js").Kept[]>} */
export async function listKept() {
  const cache = await store();
  /** @type {Map<string, number>} */
  const sizes = new Map();
  for (const request of (await cache?.keys()) ?? []) {
    const repo = repoOf(request.url);
    const response = await cache?.match(request);
    const bytes = Number(response?.headers.get(LENGTH) ?? 0);
    if (repo) sizes.set(repo, (sizes.get(repo) ?? 0) + bytes);
  }
  return [...sizes].map(([repo, bytes]) => ({ repo, bytes }));
}

/** @param {string} repo */
export async function removeKept(repo) {
  const cache = await store();
  for (const request of (await cache?.keys()) ?? []) {
    if (repoOf(request.url) === repo) await cache?.delete(request);
  }
}

/** @param {string} address */
function repoOf(address) {
  return new URL(address).pathname.match(/^\/([^/]+\/[^/]+)\/resolve\//u)?.[1] ?? null;
}
