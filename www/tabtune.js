// Tabtune without its page: the engine as another page uses it, in a worker of its own.

import { createClient } from "./client.js";
import { zipped } from "./download.js";
import { fromField, sortFiles } from "./intake.js";
import { asMistake, mistake } from "./mistake.js";
import { hubName, modelOfFiles, modelOfHub } from "./models.js";
import { suggestionOf } from "./suggestion.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./protocol.js").RunEvent} RunEvent
 * @typedef {import("./protocol.js").DoneEvent} DoneEvent
 * @typedef {import("./protocol.js").Recipe} Recipe
 * @typedef {import("./protocol.js").Mapping} Mapping
 * @typedef {import("./protocol.js").Dialect} Dialect
 * @typedef {import("./protocol.js").Prediction} Prediction
 * @typedef {import("./download.js").ExportedFile} ExportedFile
 * @typedef {{onProgress?: (progress: Progress) => void}} Watching
 */

/**
 * What every call rejects with: `message` is a sentence with the place and the remedy, `mistake` the same with the line,
 * column, field or file by itself.
 */
export class TabtuneError extends Error {
  /** @param {Mistake} mistake */
  constructor(mistake) {
    super(mistake.message);
    this.name = "TabtuneError";
    this.mistake = mistake;
  }
}

/** @param {unknown} thrown */
function asError(thrown) {
  return thrown instanceof TabtuneError ? thrown : new TabtuneError(asMistake(thrown, "order", "Open Tabtune again."));
}

/** One engine on one device, with at most one model, one table and one run; `openTabtune` starts it. */
export class Tabtune {
  #client = createClient({
    onEvent: (event) => this.#take(event),
    onDead: (mistake) => this.#die(new TabtuneError(mistake)),
  });
  /** @type {import("./protocol.js").DeviceInfo|null} */
  #device = null;
  /** The run that is on. @type {{resolve: (done: DoneEvent) => void, reject: (error: TabtuneError) => void, onEvent: (event: RunEvent) => void}|null} */
  #run = null;
  /** What the open model is called on the hub, or its folder. */
  #base = "";
  /** The open examples. @type {{source: {file: File, name: string, dialect: Dialect}, mapping: Mapping}|null} */
  #data = null;
  /** Why the engine is no more. @type {TabtuneError|null} */
  #dead = null;

  /** What it computes on, and why, in words, too. */
  get device() {
    return this.#device;
  }

  /**
   * Sets up the device; what `openTabtune` does first.
   *
   * @param {"auto"|"gpu"|"cpu"} device
   */
  async start(device) {
    this.#device = (await this.#call(() => this.#client.startDevice(device))).info;
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async #call(work) {
    try {
      if (this.#dead) throw this.#dead;
      return await work();
    } catch (thrown) {
      throw asError(thrown);
    }
  }

  /**
   * Opens an encoder or a model that was trained before. The one before stays where this fails.
   *
   * @param {string|FileList|File[]} source  `owner/name` on the hub, kept in the browser's storage once it was downloaded; or
   *   the files of a folder: config.json, tokenizer.json and model.safetensors.
   * @param {Watching} [options]
   * @returns {Promise<import("./protocol.js").ModelInfo>}
   */
  openModel(source, { onProgress = () => {} } = {}) {
    return this.#call(async () => {
      const found = typeof source === "string" ? modelOfHub(hubName(source), this.#client.shardNames) : modelOf(source);
      const info = await this.#client.openModel(await found.read(onProgress), found.name, onProgress);
      this.#base = found.base;
      return info;
    });
  }

  /**
   * Opens examples: a file (Excel, CSV, TSV, JSON Lines, Parquet, CoNLL, SQuAD JSON, packed or not) or objects of strings, one per
   * row. Its columns are guessed; `mapping` says what is known better.
   *
   * @param {File|Record<string, unknown>[]} source
   * @param {Partial<Mapping> & Watching & Partial<Dialect>} [mapping]  `onProgress` counts bytes that are read, then texts
   *   whose tokens are counted; `worksheet`, `header`, `delimiter` and `encoding` say how the file is to be read, which is found
   *   out otherwise.
   * @returns {Promise<import("./protocol.js").DatasetInfo>}
   */
  openData(
    source,
    { onProgress = () => {}, worksheet = null, header = null, delimiter = null, encoding = null, ...mapping } = {},
  ) {
    const dialect = { worksheet, header, delimiter, encoding };
    return this.#call(async () => {
      const file = source instanceof File ? source : fileOf(source);
      const table = await this.#client.openTable(file, file.name, dialect, onProgress);
      if (table === null) throw mistake("order", "Another table was opened meanwhile.");
      const { task } = mapping;
      const guess = task && task !== table.mapping.task ? await this.#client.guessMapping(task) : table.mapping;
      const chosen = { ...guess, ...mapping };
      const info = await this.#client.mapColumns(chosen);
      this.#data = { source: { file, name: file.name, dialect }, mapping: chosen };
      // Without a model there is no tokenizer yet; the run counts them then.
      if (info.mean_tokens !== null || this.#base === "") return info;
      return (await this.#client.countTokens(onProgress)) ?? info;
    });
  }

  /**
   * The recipe that suits the open model, the data and this device, and why.
   *
   * @param {string} [method]  The method of training; left out, the best one is picked, too.
   * @returns {Promise<import("./protocol.js").Suggestion>}
   */
  suggest(method) {
    return this.#call(async () => {
      const suggestions = await this.#client.suggest();
      const found = method === undefined ? suggestions.picked : suggestionOf(suggestions, method);
      if (found) return found;
      const names = suggestions.methods.map(({ recipe }) => recipe.method).join(", ");
      throw mistake("recipe", `There is no method “${method}” for this task. There are: ${names}.`, {
        field: "method",
      });
    });
  }

  /** Every field of a recipe with its words, limits and default. @returns {ReturnType<import("./client.js").Client["recipeFields"]>} */
  recipeFields() {
    return this.#call(() => this.#client.recipeFields());
  }

  /**
   * Trains. At the end the weights of the best epoch are the model that `predict` and `export` mean.
   *
   * @param {Recipe} [recipe]  Fields that differ from their defaults; left out, what `suggest` says.
   * @param {{onEvent?: (event: RunEvent) => void, signal?: AbortSignal}} [options]  A signal stops the run after the step
   *   that is on, and keeps what was best.
   * @returns {Promise<DoneEvent>}
   */
  train(recipe, { onEvent = () => {}, signal } = {}) {
    return this.#call(async () => {
      if (this.#run) throw mistake("order", "A run is on already. Wait for it, or stop it by its signal.");
      /** @type {Promise<DoneEvent>} */
      const over = new Promise((resolve, reject) => (this.#run = { resolve, reject, onEvent }));
      const stop = () => this.#client.stop().catch(() => null);
      try {
        const chosen = recipe ?? (await this.#client.suggest()).picked.recipe;
        const { defaults } = await this.#client.recipeFields();
        // Whoever stopped listening for a run that does not begin is not told twice.
        over.catch(() => null);
        await this.#client.start({ ...defaults, ...chosen });
        if (signal?.aborted) stop();
        signal?.addEventListener("abort", stop, { once: true });
        return await over;
      } finally {
        signal?.removeEventListener("abort", stop);
        this.#run = null;
      }
    });
  }

  /**
   * What the model says of texts; of pairs where the task takes two, such as a question and its context.
   *
   * @param {string[]} texts
   * @param {string[]|null} [pairs]
   * @returns {Promise<Prediction[]>}  By the model's task, as protocol.d.ts lists them.
   */
  predict(texts, pairs = null) {
    return this.#call(() => this.#client.predict({ texts, pairs }));
  }

  /**
   * How the model does on other examples than those that it learnt from, which stay open.
   *
   * @param {File|Record<string, unknown>[]} source
   * @param {Partial<Mapping> & Watching & Partial<Dialect>} [mapping]  As with `openData`; what is not said is as it was there,
   *   if these examples have the same columns.
   * @returns {Promise<import("./protocol.js").Measured>}
   */
  measure(
    source,
    { onProgress = () => {}, worksheet = null, header = null, delimiter = null, encoding = null, ...mapping } = {},
  ) {
    return this.#call(async () => {
      const file = source instanceof File ? source : fileOf(source);
      const from = { file, name: file.name, dialect: { worksheet, header, delimiter, encoding } };
      const opened = await this.#client.openMeasured(from, this.#data?.mapping ?? null, onProgress);
      const measured = opened && (await this.#client.measure(from, { ...opened.mapping, ...mapping }, onProgress));
      if (measured === null) throw mistake("order", "Other examples were opened meanwhile.");
      return measured;
    });
  }

  /**
   * Rows of the open examples that the model is wrong about, at most 100, those first that it is surest of: it may be the label
   * that is wrong.
   *
   * @param {import("./protocol.js").Side} [side]  "validation" for those held out, "train" for those it was trained on.
   * @param {Watching} [options]
   * @returns {Promise<import("./protocol.js").Misses>}
   */
  mistakes(side = "validation", { onProgress = () => {} } = {}) {
    return this.#call(async () => {
      if (!this.#data) throw mistake("order", "Open examples first.");
      const found = await this.#client.misses(this.#data.source, this.#data.mapping, side, onProgress);
      if (found === null) throw mistake("order", "Mistakes were looked for again meanwhile.");
      return found;
    });
  }

  /**
   * The trained model as files: a folder for transformers or sentence-transformers; of a run with LoRA the adapter alone, for
   * PEFT; or for transformers.js.
   *
   * @param {"folder"|"adapter"|"onnx"} [format]
   * @param {import("./protocol.js").Precision[]} [precisions]  Of the weights in ONNX files.
   * @returns {Promise<ExportedFile[]>}
   */
  export(format = "folder", precisions = ["f32"]) {
    return this.#call(() => {
      if (format === "onnx") return this.#client.exportOnnx(precisions);
      return format === "adapter" ? this.#client.exportAdapter(this.#base) : this.#client.exportFiles(this.#base);
    });
  }

  /** Ends the worker and gives its memory back; nothing can be asked any more. */
  close() {
    const closed = mistake("order", "Tabtune was closed. Open it again.");
    this.#die(new TabtuneError(closed));
    this.#client.close(closed);
  }

  /** @param {TabtuneError} error */
  #die(error) {
    this.#dead ??= error;
    this.#run?.reject(error);
  }

  /** @param {import("./client.js").Event} event */
  #take(event) {
    if (event.type === "failed") return this.#run?.reject(new TabtuneError(event.mistake));
    if (event.type === "kept") return;
    this.#run?.onEvent(event);
    if (event.type === "done") this.#run?.resolve(event);
  }
}

/** @param {FileList|File[]} files */
function modelOf(files) {
  const { model, table } = sortFiles(fromField(files));
  if (model) return modelOfFiles(model.files, model.name);
  throw mistake("file", `${table?.name} is no file of a model. Give openData() a table.`);
}

/** @param {Record<string, unknown>[]} rows */
function fileOf(rows) {
  return new File([rows.map((row) => JSON.stringify(row)).join("\n")], "rows.jsonl");
}

/**
 * Starts an engine in a worker.
 *
 * @param {{device?: "auto"|"gpu"|"cpu"}} [options]  "auto" takes a hardware GPU, else the CPU.
 * @returns {Promise<Tabtune>}
 * @throws TabtuneError, as does every other call.
 */
export async function openTabtune({ device = "auto" } = {}) {
  const tabtune = new Tabtune();
  await tabtune.start(device);
  return tabtune;
}

/**
 * Exported files in one zip, to be offered for download.
 *
 * @param {ExportedFile[]} files
 * @returns {Promise<Blob>}
 */
export const zip = zipped;
