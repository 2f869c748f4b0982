// Dropped files are a table, a model, or a sentence; names of the hub are owner/name or a sentence.

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkSizes, contents } from "../../www/folder.js";
import { fromDrop, sortFiles } from "../../www/intake.js";
import { hubName, modelOfFiles } from "../../www/models.js";

/** A folder of these files. @param {...string} names */
function drop(...names) {
  return names.map((name) => ({ file: new File(["x"], name), folder: "my-model" }));
}

/** Files that lie in none. @param {...string} names */
function loose(...names) {
  return drop(...names).map(({ file }) => ({ file, folder: "" }));
}

/** The model among files. @param {ReturnType<typeof drop>} found */
function modelIn(found) {
  const { model } = sortFiles(found);
  assert.ok(model);
  return model;
}

test("a table is a table", () => {
  for (const name of [
    "rows.csv",
    "Survey.XLSX",
    "ROWS.TSV",
    "train-00000-of-00001.parquet",
    "rows.jsonl",
    "rows.txt",
    "squad.json",
    "train.conll",
    "a.BIO",
    "b.iob2",
    "train.csv.gz",
    "data.jsonl.zst",
    "kaggle.zip",
    "without-ending",
  ]) {
    const { table, model } = sortFiles(drop(name));
    assert.deepEqual([table?.name, model], [name, null]);
  }
});

test("a model folder is sorted into its parts, its other files left aside", () => {
  const intake = modelIn(
    drop("config.json", "tokenizer.json", "vocab.txt", "README.md", "model.safetensors", ".DS_Store"),
  );
  assert.equal(intake.name, "my-model");
  const { wanted } = contents(new Set(intake.files.keys()), []);
  assert.deepEqual(
    wanted.map(({ part }) => part),
    ["config", "tokenizer", "weights"],
  );
});

test("files of modules come along by their paths and are no second model, in any order", async () => {
  const inside = (/** @type {string} */ folder, /** @type {string} */ name) => ({
    file: new File([`${folder}/${name}`], name),
    folder,
  });
  const modules = [
    inside("1_Pooling", "config.json"),
    inside("2_Dense", "config.json"),
    inside("2_Dense", "model.safetensors"),
    inside("2_Dense", "pytorch_model.bin"),
    inside("3_LSTM", "config.json"),
  ];
  const encoder = drop(
    "config.json",
    "tokenizer.json",
    "modules.json",
    "sentence_bert_config.json",
    "model.safetensors",
  );
  for (const found of [
    [...encoder, ...modules],
    [...modules, ...encoder],
  ]) {
    const intake = modelIn(found);
    assert.equal(intake.name, "my-model");
    const read = await modelOfFiles(intake.files, intake.name).read(() => {});
    const words = (/** @type {Uint8Array|undefined} */ bytes) => new TextDecoder().decode(bytes);
    assert.deepEqual([words(read.config), words(/** @type {Uint8Array} */ (read.weights))], ["x", "x"]);
    assert.equal(words(read.modules?.["2_Dense/model.safetensors"]), "2_Dense/model.safetensors");
    assert.deepEqual(Object.keys(read.modules ?? {}).sort(), [
      "1_Pooling/config.json",
      "2_Dense/config.json",
      "2_Dense/model.safetensors",
      "modules.json",
      "sentence_bert_config.json",
    ]);
  }
});

test("modules without their list are left aside", async () => {
  const pooling = { file: new File(["x"], "config.json"), folder: "1_Pooling" };
  const intake = modelIn([...drop("config.json", "tokenizer.json", "model.safetensors"), pooling]);
  assert.equal((await modelOfFiles(intake.files, "m").read(() => {})).modules, undefined);
});

test("vocab.txt stands in for a tokenizer, and alone it is a table", async () => {
  const intake = modelIn(drop("vocab.txt", "model.safetensors", "config.json"));
  const read = await modelOfFiles(intake.files, "m").read(() => {});
  assert.deepEqual([read.vocab?.length, read.tokenizer], [1, undefined]);
  assert.equal(sortFiles(drop("vocab.txt")).table?.name, "vocab.txt");
});

/** @param {...number} places */
function shards(...places) {
  return places.map((place) => `model-0000${place}-of-00003.safetensors`);
}

test("weights in parts are read in their order, and one part that is missing is named", async () => {
  const rest = ["config.json", "tokenizer.json", "model.safetensors.index.json"];
  const intake = modelIn(drop(...rest, ...shards(3, 1, 2)));
  const source = modelOfFiles(intake.files, "m");
  /** @type {string[]} */
  const seen = [];
  const { weights } = await source.read(({ what }) => seen.push(what));
  assert.equal(weights.length, 3);
  assert.deepEqual(
    seen.slice(-3),
    shards(1, 2, 3).map((name) => `Reading ${name}`),
  );
  const open = (/** @type {string[]} */ names) => {
    return modelOfFiles(modelIn(drop(...names)).files, "m");
  };
  assert.throws(() => open([...rest, ...shards(1, 3)]), { message: /^model-00002-of-00003.safetensors is missing/u });
  assert.throws(() => open(rest), { message: /files that model.safetensors.index.json lists/u });
  assert.throws(() => open([...rest, ...shards(1), "model-00001-of-00002.safetensors"]), { message: /two models/u });
  assert.throws(() => open([...rest, "model-00001-of-99999.safetensors"]), { message: /at most 64/u });
});

test("parts may have as much together as one file alone", () => {
  const files = shards(1, 2, 3).map((file) => ({ part: /** @type {const} */ ("weights"), file, limit: 800e6 }));
  const called = (/** @type {string|null} */ file) => file ?? "all";
  checkSizes(files, () => 200e6, called);
  assert.throws(() => checkSizes(files, () => 300e6, called), { message: /^all has 900 MB; at most 800 MB/u });
});

test("a file of all weights wins over parts, and parts over a file of another name", async () => {
  const weights = async (/** @type {string} */ name) => {
    const intake = modelIn(drop("config.json", "tokenizer.json", name, ...shards(1, 2, 3)));
    return (await modelOfFiles(intake.files, "m").read(() => {})).weights;
  };
  assert.ok((await weights("model.safetensors")) instanceof Uint8Array);
  assert.equal((await weights("consolidated.safetensors")).length, 3);
});

test("an adapter is no model, and beside one it is left aside", () => {
  const adapter = ["adapter_config.json", "adapter_model.safetensors", "training_report.json"];
  assert.throws(() => sortFiles(drop(...adapter)), { message: /^adapter_config.json is an adapter/u });
  const intake = modelIn(drop(...adapter, "config.json", "tokenizer.json", "model.safetensors"));
  assert.equal(intake.files.get("model.safetensors")?.name, "model.safetensors");
});

test("model.safetensors wins over another file of weights, in any order", () => {
  for (const names of [
    ["other.safetensors", "model.safetensors"],
    ["model.safetensors", "other.safetensors"],
  ]) {
    const intake = modelIn(drop(...names));
    assert.equal(intake.files.get("model.safetensors")?.name, "model.safetensors");
  }
});

test("what is neither, too much or twice is said in a sentence", () => {
  assert.throws(() => sortFiles([]), { message: /Nothing that can be read/u });
  assert.throws(() => sortFiles(drop("a.csv", "b.csv")), { message: /2 tables were dropped: a.csv, b.csv/u });
  const turned = drop("a\u202egpj.csv", `${"b".repeat(100)}.csv`);
  assert.throws(() => sortFiles(turned), { message: /dropped: a⟨U\+202E⟩gpj\.csv, b{100}\.csv\. /u });
  assert.throws(() => sortFiles(drop("a.png", "b.exe")), { message: /a.png, b.exe: neither a table/u });
  assert.throws(() => sortFiles(drop("config.json", "config.json")), { message: /one model only/u });
});

test("a table dropped with a model is opened, too; one in the model's folder is not", () => {
  const model = ["config.json", "tokenizer.json", "model.safetensors"];
  const both = sortFiles(loose(...model, "vocab.txt", "generation_config.json", "rows.csv"));
  assert.equal(both.table?.name, "rows.csv");
  assert.equal(both.model?.files.size, 4);
  assert.equal(sortFiles([...drop(...model), ...loose("rows.csv")]).table?.name, "rows.csv");
  assert.equal(sortFiles(drop(...model, "results.csv")).table, null);
  assert.throws(() => sortFiles(loose(...model, "a.csv", "b.csv")), { message: /2 tables/u });
});

test("weights in another format are said to be that, alone and in a model's folder", () => {
  const rest = ["config.json", "tokenizer.json", "training_args.bin"];
  for (const [name, format] of /** @type {const} */ ([
    ["pytorch_model.bin", /PyTorch’s own format/u],
    ["model.GGUF", /llama\.cpp/u],
    ["tf_model.h5", /TensorFlow’s/u],
  ])) {
    for (const found of [loose(name), drop(...rest, name)]) {
      assert.throws(() => sortFiles(found), { kind: "model", name, message: format });
      assert.throws(() => sortFiles(found), { message: /convert them.*model\.safetensors/u });
    }
    assert.equal(sortFiles(drop(...rest, "model.safetensors", name)).table, null);
    assert.equal(sortFiles(loose("rows.csv", name)).table?.name, "rows.csv");
  }
  assert.throws(() => modelOfFiles(modelIn(drop(...rest)).files, "m"), { message: /^model.safetensors is missing/u });
});

test("a missing model file is named", () => {
  const config = new File(["{}"], "config.json");
  assert.throws(() => modelOfFiles(new Map([["config.json", config]]), "m"), {
    kind: "model",
    name: "tokenizer.json",
    message: /^tokenizer.json and model.safetensors are missing/u,
  });
});

test("hub names are owner/name and nothing else", () => {
  assert.equal(hubName(" sentence-transformers/all-MiniLM-L6-v2 "), "sentence-transformers/all-MiniLM-L6-v2");
  assert.equal(hubName("https://huggingface.co/a/b.c_d/"), "a/b.c_d");
  for (const bad of [
    "",
    "bert",
    "a/b/c",
    "../b",
    "a/..",
    "a/b?x",
    "a b/c",
    "https://evil.example/a/b",
    "a/b#c",
    "-a/b",
  ]) {
    assert.throws(() => hubName(bad), { message: /owner\/name/u }, bad);
  }
});

/** An item of a drop whose entry finds no file, as Safari's does where a file lies on no disk. @param {string} name @param {string[]} [children] Of a folder. */
function item(name, children) {
  const missing = (/** @type {unknown} */ _, /** @type {(why: Error) => void} */ reject) =>
    reject(new Error("no path"));
  const inside = (children ?? []).map((name) => ({
    name,
    isFile: true,
    file: (/** @type {(file: File) => void} */ resolve) => resolve(new File(["x"], name)),
  }));
  const createReader = () => ({
    readEntries: (/** @type {(entries: object[]) => void} */ resolve) => resolve(inside.splice(0)),
  });
  const entry = { name, isFile: !children, isDirectory: Boolean(children), file: missing, createReader };
  return { webkitGetAsEntry: () => entry, getAsFile: () => new File(["x"], name) };
}

test("a dropped file is taken as it is, and a folder is walked", async () => {
  const text = { webkitGetAsEntry: () => null, getAsFile: () => null };
  const items = [item("rows.csv"), text, item("my-model", ["config.json", "model.safetensors"])];
  const found = await fromDrop(/** @type {DataTransfer} */ (/** @type {unknown} */ ({ items, files: [] })));
  assert.deepEqual(
    found.map(({ file, folder }) => [folder, file.name]),
    [
      ["", "rows.csv"],
      ["my-model", "config.json"],
      ["my-model", "model.safetensors"],
    ],
  );
});
