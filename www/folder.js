// What a model folder holds: which files are read, what each is for, and how large each may be. Pure.

import { mistake } from "./mistake.js";
import { tooLarge } from "./stream.js";

/**
 * @typedef {import("./protocol.js").ModelFiles} ModelFiles
 * @typedef {"config"|"tokenizer"|"vocab"|"weights"|"tokenizer_config"|"modules"} Part  As ModelFiles in protocol.js names them.
 * @typedef {{part: Part, file: string, limit: number}} Wanted  A file that is read, by its path in the model's folder.
 */

/** Training holds the weights, their gradients and two moments: about four times this in 4 GB of wasm memory. */
const LARGEST_WEIGHTS = 800e6;

/** The files of a model folder, the parts that they are, and the most bytes that are read of each. */
export const MODEL_FILES = /** @type {const} */ ([
  { part: "config", file: "config.json", required: true, limit: 4e6 },
  { part: "tokenizer", file: "tokenizer.json", required: true, limit: 64e6 },
  { part: "tokenizer_config", file: "tokenizer_config.json", required: false, limit: 4e6 },
  { part: "weights", file: "model.safetensors", required: true, limit: LARGEST_WEIGHTS },
]);

/** What stands for tokenizer.json in folders from before there was one. */
export const WORDS = /** @type {const} */ ({ part: "vocab", file: "vocab.txt", required: true, limit: 16e6 });

export const WEIGHTS = "model.safetensors";
/** Says which files the weights are spread over, where one is not enough. */
export const INDEX = /** @type {const} */ ({ file: "model.safetensors.index.json", limit: 16e6 });
/** The names that such files have: which one of how many. */
export const SHARD = /^model-(\d{5})-of-(\d{5})\.safetensors$/u;
const MOST_SHARDS = 64;

/** Says what follows the encoder of a sentence-transformers model. */
export const MODULES = "modules.json";
/** The files that go with it: settings of the encoder, settings of a step, weights of a step that has some. */
const OF_MODULES = /** @type {[RegExp, number][]} */ ([
  [/^modules\.json$/u, 100e3],
  [/^sentence_(bert|roberta|distilbert|camembert|albert|xlm-roberta|xlnet)_config\.json$/u, 100e3],
  [/^\d{1,3}_(Pooling|Normalize|Dense)\/config\.json$/u, 100e3],
  [/^\d{1,3}_Dense\/model\.safetensors$/u, 64e6],
]);
const MOST_MODULE_FILES = 16;

/** @param {string} path @returns {number|null} The most bytes that are read of it; null where it is no file of a module. */
export function moduleLimit(path) {
  return OF_MODULES.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

/**
 * The files that the weights of a folder are spread over, as their names tell: also those that are missing.
 *
 * @param {Iterable<string>} paths
 * @returns {string[]} Sorted; none where no file has such a name.
 */
export function shardsNamed(paths) {
  const [first, ...others] = [...paths].filter((path) => SHARD.test(path)).sort();
  if (!first) return [];
  const of = (/** @type {string} */ name) => name.match(SHARD)?.[2] ?? "";
  const total = of(first);
  const stranger = others.find((name) => of(name) !== total);
  if (stranger)
    throw mistake("model", `${first} and ${stranger} are parts of two models. Take the parts of one model.`);
  if (Number(total) > MOST_SHARDS) {
    throw mistake("model", `${first} is one of ${Number(total)} files; at most ${MOST_SHARDS} are read.`, {
      name: first,
    });
  }
  return Array.from(
    { length: Number(total) },
    (_, at) => `model-${String(at + 1).padStart(5, "0")}-of-${total}.safetensors`,
  );
}

/**
 * What is read of a folder, the weights last, and what is needed and not there.
 *
 * @param {ReadonlySet<string>} paths  Of the folder's files.
 * @param {string[]} shards            Files of the weights, where there is not one file of them all.
 * @returns {{wanted: Wanted[], missing: string[]}}
 */
export function contents(paths, shards) {
  const old = !paths.has("tokenizer.json") && paths.has(WORDS.file);
  const spread = !paths.has(WEIGHTS) && shards.length > 0;
  const encoder = MODEL_FILES.flatMap((/** @type {Wanted & {required: boolean}} */ spec) => {
    if (spec.part === "tokenizer") return old ? WORDS : spec;
    return spec.part === "weights" && spread ? shards.map((file) => ({ ...spec, file })) : spec;
  });
  const missing = encoder.filter(({ file, required }) => required && !paths.has(file)).map(({ file }) => file);
  const wanted = encoder.filter(({ file }) => paths.has(file)).map(({ part, file, limit }) => ({ part, file, limit }));
  return { wanted: [...modulesAmong(paths), ...wanted], missing };
}

/** @param {ReadonlySet<string>} paths @returns {Wanted[]} None where no list says what they are for. */
function modulesAmong(paths) {
  if (!paths.has(MODULES)) return [];
  const found = [...paths].sort().flatMap((file) => {
    const limit = moduleLimit(file);
    return limit === null ? [] : [{ part: /** @type {const} */ ("modules"), file, limit }];
  });
  if (found.length <= MOST_MODULE_FILES) return found;
  throw mistake(
    "model",
    `${found.length} files belong to the modules of this model; at most ${MOST_MODULE_FILES} are read. Take a simpler model.`,
    { name: MODULES },
  );
}

/**
 * Checks sizes before anything is read; several files of weights may have as much together as one alone.
 *
 * @param {Wanted[]} wanted
 * @param {(file: string) => number} bytesOf
 * @param {(file: string|null) => string} called  A file's name in a message, or with null that of the whole model.
 */
export function checkSizes(wanted, bytesOf, called) {
  for (const { file, limit } of wanted) {
    if (bytesOf(file) > limit) throw tooLarge(called(file), bytesOf(file), limit);
  }
  const weights = wanted.filter(({ part }) => part === "weights");
  const sum = weights.reduce((sum, { file }) => sum + bytesOf(file), 0);
  if (sum > LARGEST_WEIGHTS) throw tooLarge(called(null), sum, LARGEST_WEIGHTS);
}

/**
 * Reads what is wanted, one file after the other, into what the engine takes.
 *
 * @param {Wanted[]} wanted
 * @param {(wanted: Wanted) => Promise<Uint8Array>} read
 * @returns {Promise<ModelFiles>}
 */
export async function assemble(wanted, read) {
  /** @type {Partial<ModelFiles>} */
  const files = {};
  /** @type {Uint8Array[]} */
  const weights = [];
  for (const one of wanted) {
    const bytes = await read(one);
    if (one.part === "weights") weights.push(bytes);
    else if (one.part === "modules") files.modules = { ...files.modules, [one.file]: bytes };
    else files[one.part] = bytes;
  }
  files.weights = weights.length === 1 ? weights[0] : weights;
  return /** @type {ModelFiles} */ (files);
}
