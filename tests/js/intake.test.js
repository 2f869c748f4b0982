// Dropped files are a table, a model, or a sentence; names of the hub are owner/name or a sentence.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sortFiles } from "../../www/intake.js";
import { hubName, modelOfFiles } from "../../www/models.js";

/** @param {...string} names */
function drop(...names) {
  return names.map((name) => ({ file: new File(["x"], name), folder: "my-model" }));
}

test("a table is a table", () => {
  for (const name of [
    "rows.csv",
    "ROWS.TSV",
    "rows.jsonl",
    "rows.txt",
    "squad.json",
    "train.conll",
    "a.BIO",
    "b.iob2",
    "without-ending",
  ]) {
    const intake = sortFiles(drop(name));
    assert.equal(intake.kind, "table");
  }
});

test("a model folder is sorted into its parts, its other files left aside", () => {
  const intake = sortFiles(
    drop("config.json", "tokenizer.json", "vocab.txt", "README.md", "model.safetensors", ".DS_Store"),
  );
  assert.equal(intake.kind, "model");
  if (intake.kind !== "model") return;
  assert.deepEqual(Object.keys(intake.files).sort(), ["config", "tokenizer", "weights"]);
  assert.equal(intake.name, "my-model");
});

test("the settings of a pooling folder beside an encoder are no second model", () => {
  const pooling = { file: new File(["x"], "config.json"), folder: "1_Pooling" };
  const intake = sortFiles([...drop("config.json", "tokenizer.json", "modules.json", "model.safetensors"), pooling]);
  assert.equal(intake.kind === "model" && intake.name, "my-model");
});

test("model.safetensors wins over another file of weights, in any order", () => {
  for (const names of [
    ["other.safetensors", "model.safetensors"],
    ["model.safetensors", "other.safetensors"],
  ]) {
    const intake = sortFiles(drop(...names));
    assert.equal(intake.kind === "model" && intake.files.weights?.name, "model.safetensors");
  }
});

test("what is neither, too much or twice is said in a sentence", () => {
  assert.throws(() => sortFiles([]), { message: /Nothing that can be read/u });
  assert.throws(() => sortFiles(drop("a.csv", "b.csv")), { message: /2 tables were dropped: a.csv, b.csv/u });
  assert.throws(() => sortFiles(drop("a.png", "b.exe")), { message: /a.png, b.exe: neither a table/u });
  assert.throws(() => sortFiles(drop("config.json", "config.json")), { message: /one model only/u });
});

test("a missing model file is named", () => {
  const config = new File(["{}"], "config.json");
  assert.throws(() => modelOfFiles({ config }, "m"), {
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
