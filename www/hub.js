// Encoders of the model hub: listed, downloaded with progress, checked by SHA-256, and kept in browser storage.

import { INDEX, MODULES, WEIGHTS, assemble, checkSizes, contents, moduleLimit } from "./folder.js";
import { mistake } from "./mistake.js";
import { readBody, sha256 } from "./stream.js";

/**
 * @typedef {import("./protocol.js").ModelFiles} ModelFiles
 * @typedef {import("./models.js").OnProgress} OnProgress
 * @typedef {import("./folder.js").Wanted} Wanted
 * @typedef {{size: number, sha256: string|null}} Listed  What the hub says of one file.
 * @typedef {(index: Uint8Array) => Promise<string[]>} ShardNames  The files that a list of weights names.
 */

const HUB = "https://huggingface.co";
const STORE = "tabtune-encoders-1";
/** Headers of our own on a kept response: the sum that its bytes must have, and their number. */
const SUM = "x-tabtune-sha256";
const LENGTH = "x-tabtune-length";
/** Kept last: what was kept of a model, so that one of which a part is missing is not taken for whole. */
const KEPT = "tabtune-kept.json";
/** Of a longer list of files no model needs more. */
const MOST_LISTED = 5000;

/** @param {string} repo @param {string} file */
function addressOf(repo, file) {
  return `${HUB}/${repo}/resolve/main/${file.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * Downloads a repository's model files one after the other and keeps them for the next time.
 *
 * @param {string} repo  As hubName() returns it.
 * @param {OnProgress} onProgress
 * @param {ShardNames} shardNames
 * @returns {Promise<ModelFiles>}
 */
export async function downloadFromHub(repo, onProgress, shardNames) {
  onProgress({ done: 0, total: null, what: `Looking up ${repo}` });
  const listing = await list(repo);
  const paths = new Set(listing.keys());
  const spread = !paths.has(WEIGHTS) && paths.has(INDEX.file);
  const { wanted, missing } = contents(paths, spread ? await readIndex(repo, shardNames) : []);
  if (missing.length > 0) {
    throw mistake(
      "file",
      `${repo} has no ${missing[0]} in its top folder. Take a repository that has config.json, tokenizer.json or vocab.txt, and model.safetensors.`,
      { name: missing[0] },
    );
  }
  checkSizes(
    wanted,
    (file) => listing.get(file)?.size ?? 0,
    (file) => (file === null ? `The model ${repo}` : `${file} of ${repo}`),
  );
  /** @type {boolean[]} */
  const kept = [];
  const files = await assemble(wanted, async ({ file, limit }) => {
    const response = await ask(addressOf(repo, file), repo);
    const what = `Downloading ${file}`;
    const listed = /** @type {Listed} */ (listing.get(file));
    const bytes = await readBody(response, file, limit, (done, length) =>
      onProgress({ done, total: length ?? listed.size, what }),
    );
    const sum = await check(file, bytes, listed);
    kept.push(await keep(repo, file, bytes, { [SUM]: sum ?? "", [LENGTH]: String(bytes.length) }));
    return bytes;
  });
  if (kept.every(Boolean)) await keep(repo, KEPT, new TextEncoder().encode(JSON.stringify(wanted)), {});
  return files;
}

/** @param {string} repo @param {ShardNames} shardNames */
async function readIndex(repo, shardNames) {
  const response = await ask(addressOf(repo, INDEX.file), repo);
  return shardNames(await readBody(response, INDEX.file, INDEX.limit));
}

/**
 * Files of a repository's top folder and, where a list of modules lies there, of the modules' own folders.
 *
 * @param {string} repo @returns {Promise<Map<string, Listed>>}
 */
async function list(repo) {
  const top = await listFrom(`${HUB}/api/models/${repo}/tree/main`, repo);
  if (!top.has(MODULES)) return top;
  const all = await listFrom(`${HUB}/api/models/${repo}/tree/main?recursive=true`, repo);
  return new Map([...top, ...[...all].filter(([path]) => moduleLimit(path) !== null)]);
}

/** @param {string} address @param {string} repo @returns {Promise<Map<string, Listed>>} */
async function listFrom(address, repo) {
  const bytes = await readBody(await ask(address, repo), "The list of files", 4e6);
  /** @type {Map<string, Listed>} */
  const listing = new Map();
  for (const entry of parseList(bytes, repo).slice(0, MOST_LISTED)) {
    if (typeof entry?.path !== "string" || typeof entry.size !== "number" || entry.type === "directory") continue;
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
  throw mistake("file", `The hub’s answer about ${repo} is not a list of files. Try again later.`);
}

/** @param {string} address @param {string} repo @returns {Promise<Response>} */
async function ask(address, repo) {
  const response = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" }).catch(() => null);
  if (response === null) {
    const state =
      globalThis.navigator?.onLine === false ? "This machine is offline" : "huggingface.co cannot be reached";
    throw mistake(
      "file",
      `${state}, so ${repo} cannot be downloaded. Try again later, or drop the model’s files here.`,
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
 * @param {string} file @param {Uint8Array<ArrayBuffer>} bytes @param {Listed} listed
 * @returns {Promise<string|null>} The file's SHA-256.
 */
async function check(file, bytes, listed) {
  const found = await sha256(bytes);
  if (bytes.length !== listed.size || (found !== null && listed.sha256 !== null && found !== listed.sha256)) {
    throw mistake(
      "file",
      `${file} does not have the size and the checksum that the hub names for it. The download was damaged: try again.`,
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

/**
 * @param {string} repo @param {string} file @param {Uint8Array<ArrayBuffer>} bytes @param {Record<string, string>} headers
 * @returns {Promise<boolean>} Whether it could be kept.
 */
async function keep(repo, file, bytes, headers) {
  try {
    const cache = await store();
    await cache?.put(addressOf(repo, file), new Response(new Blob([bytes]), { headers }));
    return cache !== null;
  } catch {
    // Storage is full: the model works all the same and is downloaded again next time.
    return false;
  }
}

/**
 * A repository's files from browser storage.
 *
 * @param {string} repo
 * @param {OnProgress} onProgress
 * @returns {Promise<ModelFiles|null>} Null unless all that was kept is there and undamaged.
 */
export async function readKept(repo, onProgress) {
  const cache = await store();
  const listed = await cache?.match(addressOf(repo, KEPT));
  if (!cache || !listed) return null;
  try {
    /** @type {Wanted[]} */
    const wanted = await listed.json();
    return await assemble(wanted, (one) => readOne(cache, repo, one, onProgress));
  } catch {
    // The browser has dropped a part of it, or it is damaged.
    return null;
  }
}

/** @param {Cache} cache @param {string} repo @param {Wanted} wanted @param {OnProgress} onProgress */
async function readOne(cache, repo, { file, limit }, onProgress) {
  const response = await cache.match(addressOf(repo, file));
  if (!response) throw new Error(`${file} is not kept`);
  const what = `Reading the kept ${file}`;
  const total = Number(response.headers.get(LENGTH));
  const bytes = await readBody(response, file, limit, (done) => onProgress({ done, total, what }));
  const sum = response.headers.get(SUM) || null;
  if (bytes.length !== total || (sum !== null && ((await sha256(bytes)) ?? sum) !== sum)) {
    throw new Error(`${file} is damaged`);
  }
  return bytes;
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
