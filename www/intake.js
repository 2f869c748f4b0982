// Sorts what a user dropped or chose into a table, a model, both or neither. Pure but for walking a dropped folder.

import { INDEX, SHARD, WEIGHTS, WORDS, moduleLimit } from "./folder.js";
import { mistake } from "./mistake.js";
import { visible } from "./visible.js";

/**
 * @typedef {{files: Map<string, File>, name: string}} ModelIntake  Files by their paths in the folder.
 * @typedef {{table: File|null, model: ModelIntake|null}} Intake  One of them at least.
 * @typedef {{file: File, folder: string}} Found  A file with the name of the folder that it lay in, if any.
 */

const TABLE =
  /\.(xlsx|xlsm|parquet|csv|tsv|tab|txt|jsonl|ndjson|json|conll|conll03|conll2003|bio|bio2|iob|iob2|bioes|iobes|gz|zst|zip)$/iu;
/** Of these, the names that no file of a model has. */
const ROWS =
  /\.(xlsx|xlsm|parquet|csv|tsv|tab|jsonl|ndjson|conll|conll03|conll2003|bio|bio2|iob|iob2|bioes|iobes|gz|zst|zip)$/iu;
/** The same as TABLE for a file field, which offers to choose these. */
export const TABLE_ENDINGS =
  ".xlsx,.xlsm,.parquet,.csv,.tsv,.tab,.txt,.jsonl,.ndjson,.json,.conll,.conll03,.conll2003,.bio,.bio2,.iob,.iob2,.bioes,.iobes,.gz,.zst,.zip";
/** Folders of sentence-transformers, which hold what follows the encoder: 1_Pooling, 2_Dense. Their files are no model's own. */
const MODULE = /^\d+_[A-Za-z]+$/u;
/** A dropped folder may be a whole disk: nobody has a model deeper or among more files than this. */
const MOST_FILES = 500;
const DEEPEST = 3;

/** Files that only a model has. */
const OWN = ["config.json", "tokenizer.json", "tokenizer_config.json", INDEX.file];
/** What LoRA leaves, which is no model without the one that it was trained over. */
const ADAPTER = /^adapter_(model\.safetensors|config\.json)$/iu;

/** Files of a model folder that are neither needed nor tables. */
const COMPANIONS =
  /^(vocab\.txt|merges\.txt|special_tokens_map\.json|added_tokens\.json|readme\.md|modules\.json|.*\.bin|.*\.(md|py|onnx|h5))$/iu;

/** Endings of files with weights that are not read, and whose they are. @type {[RegExp, string][]} */
const FOREIGN = [
  // What training leaves beside them is none.
  [/^(?!training_args|optimizer|scheduler|rng_state).*\.(bin|pt|pth|ckpt)$/iu, "PyTorch’s own format"],
  [/\.(gguf|ggml)$/iu, "the format of llama.cpp"],
  [/\.(h5|keras|tflite)$/iu, "TensorFlow’s format"],
  [/\.msgpack$/iu, "the format of Flax"],
  [/\.onnx$/iu, "ONNX, which is made to be run and not to be trained"],
];

/**
 * @param {Found[]} found
 * @returns {Intake}
 * @throws Mistake when it is neither, or more than one table.
 */
export function sortFiles(found) {
  const [modules, files] = parted(found.filter(({ file }) => !file.name.startsWith(".")));
  if (files.length === 0)
    throw mistake("file", "Nothing that can be read was dropped. Drop a table file or the files of a model.");
  const model = modelAmong(files);
  const tables = files.filter(({ file }) => TABLE.test(file.name) && !COMPANIONS.test(file.name));
  if (model) {
    if (!hasWeights(model)) refuseForeign(files);
    // What lies in the model's own folder, or could be another of its files, is not there to learn from.
    const loose = tables.filter(({ file, folder }) => folder === "" && ROWS.test(file.name));
    return { table: onlyTable(loose), model: { ...model, files: new Map([...model.files, ...modules]) } };
  }
  const table = onlyTable(tables);
  if (!table) refuseForeign(files);
  // A lone file of unknown name is tried as a table: the engine looks at its bytes and says what is wrong with it.
  if (table || files.length === 1) return { table: table ?? files[0].file, model: null };
  throw mistake(
    "file",
    `${names(files)}: neither a table (Excel, CSV, TSV, JSON, Parquet or CoNLL) nor the files of a model (config.json, tokenizer.json, model.safetensors).`,
  );
}

/** @param {Found[]} tables @returns {File|null} */
function onlyTable(tables) {
  if (tables.length > 1) {
    throw mistake("file", `${tables.length} tables were dropped: ${names(tables)}. Drop one at a time.`);
  }
  return tables[0]?.file ?? null;
}

/** @param {ModelIntake} model */
function hasWeights({ files }) {
  return [...files.keys()].some((path) => path === WEIGHTS || path === INDEX.file || SHARD.test(path));
}

/** @param {Found[]} found @throws Mistake where the weights are there, but in a format that is not read. */
function refuseForeign(found) {
  for (const { file } of found) {
    const format = FOREIGN.find(([ending]) => ending.test(file.name))?.[1];
    if (!format) continue;
    throw mistake(
      "model",
      `${file.name} holds a model’s weights in ${format}. Only safetensors is read: convert them, for example with save_pretrained of transformers, and drop model.safetensors with config.json and tokenizer.json.`,
      { name: file.name },
    );
  }
}

/** @param {Found[]} found @returns {[Map<string, File>, Found[]]} What lies in folders of modules, by its path; and the rest. */
function parted(found) {
  const inside = found.filter(({ folder }) => MODULE.test(folder));
  const paths = inside.map(({ file, folder }) => /** @type {const} */ ([`${folder}/${file.name}`, file]));
  return [new Map(paths.filter(([path]) => moduleLimit(path) !== null)), found.filter((one) => !inside.includes(one))];
}

/** @param {Found[]} found @returns {ModelIntake|null} */
function modelAmong(found) {
  const adapter = found.find(({ file }) => ADAPTER.test(file.name));
  if (adapter && !found.some(({ file }) => file.name.toLowerCase() === "config.json")) {
    throw notWhole(adapter.file.name);
  }
  /** @type {Map<string, File>} */
  const files = new Map();
  /** @type {Map<string, File>} */
  const beside = new Map();
  let name = "";
  for (const { file, folder } of found) {
    const path = pathOf(file.name);
    if (path === null) continue;
    const among = isBeside(path) ? beside : files;
    const other = among.get(path);
    // The file of that exact name wins over another one with the same ending.
    if (other && path === WEIGHTS && other.name.toLowerCase() === WEIGHTS) continue;
    if (other && (path !== WEIGHTS || file.name.toLowerCase() !== WEIGHTS)) {
      throw mistake("file", `${other.name} and ${file.name} were dropped together. Drop the files of one model only.`, {
        name: file.name,
      });
    }
    among.set(path, file);
    if (among === files) name = folder || name;
  }
  if (files.size === 0) return null;
  // Beside the parts of a model's weights no other file can be all of them.
  const whole = files.get(WEIGHTS)?.name.toLowerCase() === WEIGHTS;
  if (!whole && [...files.keys()].some((path) => SHARD.test(path))) files.delete(WEIGHTS);
  return { files: new Map([...files, ...beside]), name: name || "your model" };
}

/** Whether a file that lies in a folder of this name is read of a model. @param {string} name @param {string} folder */
export function isOfModel(name, folder) {
  return MODULE.test(folder) ? moduleLimit(`${folder}/${name}`) !== null : pathOf(name) !== null;
}

/** Whether a file of this name holds a model’s weights, or some of them. @param {string} name */
export function isOfWeights(name) {
  const path = pathOf(name);
  return path !== null && (path === WEIGHTS || SHARD.test(path));
}

/** @param {string} name @returns {string|null} What a file of that name is in a model's folder; null for nothing. */
function pathOf(name) {
  const lower = name.toLowerCase();
  if (OWN.includes(lower) || isBeside(lower) || SHARD.test(lower)) return lower;
  return lower.endsWith(".safetensors") && !ADAPTER.test(lower) ? WEIGHTS : null;
}

/** Whether a file means nothing of a model where it lies alone. @param {string} path */
function isBeside(path) {
  return path === WORDS.file || moduleLimit(path) !== null;
}

/** @param {string} name */
function notWhole(name) {
  return mistake(
    "file",
    `${name} is an adapter, which is nothing without the model that it was trained over. Drop the files of a whole model.`,
    { name },
  );
}

/** @param {Found[]} found */
function names(found) {
  const shown = found.slice(0, 3).map(({ file }) => visible(file.name));
  return found.length > 3 ? `${shown.join(", ")} and ${found.length - 3} more` : shown.join(", ");
}

/** @param {FileList|File[]} files From a file field. @returns {Found[]} */
export function fromField(files) {
  return [...files]
    .slice(0, MOST_FILES)
    .map((file) => ({ file, folder: file.webkitRelativePath.split("/").at(-2) ?? "" }));
}

/** @param {DataTransfer} drop @returns {Promise<Found[]>} The files of a drop, those in folders included. */
export async function fromDrop(drop) {
  // All must be taken at once: after the first await the browser has emptied the drop.
  const items = [...drop.items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  /** @type {Found[]} */
  const found = [];
  for (const { entry, file } of items) {
    // A file that is at hand needs no entry: Safari's finds none that lies on no disk, as out of another program.
    if (file && !entry?.isDirectory) found.push({ file, folder: "" });
    else if (entry) await walk(entry, "", 0, found);
  }
  return found.length > 0 ? found.slice(0, MOST_FILES) : fromField(drop.files);
}

/** @param {FileSystemEntry} entry @param {string} folder @param {number} depth @param {Found[]} found */
async function walk(entry, folder, depth, found) {
  if (found.length >= MOST_FILES || depth > DEEPEST) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    found.push({ file, folder });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    const children = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (children.length === 0) return;
    for (const child of children) await walk(child, entry.name, depth + 1, found);
    if (found.length >= MOST_FILES) return;
  }
}
