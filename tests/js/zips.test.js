// What a dropped zip is: a project, a model, which comes out whole, or an archive with tables, which the engine unpacks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { strToU8, zipSync } from "fflate";
import { unzipRaw } from "unzipit";

import { contents } from "../../www/folder.js";
import { sortFiles } from "../../www/intake.js";
import { modelOfFiles } from "../../www/models.js";
import { whatIsIn } from "../../www/zips.js";

/** @param {Record<string, string>} files @param {string} [name] */
function zip(files, name = "mine.zip") {
  const entries = Object.entries(files).map(([path, text]) => [path, strToU8(text)]);
  return new File([zipSync(Object.fromEntries(entries))], name);
}

const MODEL = { "config.json": "{}", "tokenizer.json": "{}", "model.safetensors": "weights", "README.md": "# Mine" };

/** @param {File} file */
async function modelIn(file) {
  const dropped = await whatIsIn(file, unzipRaw);
  assert.ok(dropped.is === "model");
  const { model, table } = sortFiles(await dropped.found());
  assert.ok(model && table === null);
  return model;
}

test("a project, tables and a model are told apart by what is listed", async () => {
  const is = async (/** @type {Record<string, string>} */ files) => (await whatIsIn(zip(files), unzipRaw)).is;
  assert.equal(await is({ "project.json": "{}", "files/model.safetensors": "a" }), "project");
  assert.equal(await is({ "train.csv": "text,label", "config.json": "{}" }), "table");
  assert.equal(await is({ "__MACOSX/model.safetensors": "a", "a.csv": "" }), "table");
  assert.equal(await is(MODEL), "model");
  assert.equal(await is({ "mails/model-00001-of-00002.safetensors": "a", "mails/config.json": "{}" }), "model");
});

test("a model that was taken away as a zip is opened from it, with the name of its folder or of the zip", async () => {
  const model = await modelIn(zip({ ...MODEL, "notes.csv": "a,b" }, "Mails model.zip"));
  assert.equal(model.name, "Mails model");
  assert.deepEqual([...model.files.keys()].sort(), ["config.json", "model.safetensors", "tokenizer.json"]);
  const { weights } = await modelOfFiles(model.files, model.name).read(() => {});
  assert.equal(new TextDecoder().decode(/** @type {Uint8Array} */ (weights)), "weights");
  const inside = Object.fromEntries(Object.entries(MODEL).map(([path, text]) => [`letters/${path}`, text]));
  assert.equal((await modelIn(zip(inside))).name, "letters");
});

test("a folder for sentence-transformers comes out with its modules", async () => {
  const pooling = { "modules.json": "[]", "1_Pooling/config.json": "{}", "2_Dense/model.safetensors": "head" };
  const { files } = await modelIn(zip({ ...MODEL, ...pooling }));
  assert.deepEqual(
    contents(new Set(files.keys()), []).wanted.map(({ file }) => file),
    [
      "1_Pooling/config.json",
      "2_Dense/model.safetensors",
      "modules.json",
      "config.json",
      "tokenizer.json",
      "model.safetensors",
    ],
  );
});

test("what cannot be unpacked is refused with the remedy", async () => {
  const refuses = (/** @type {Promise<unknown>} */ work, /** @type {RegExp} */ words) =>
    assert.rejects(work, (/** @type {any} */ thrown) => thrown.kind === "file" && words.test(thrown.message));
  await refuses(whatIsIn(new File(["no zip"], "a.zip"), unzipRaw), /^a\.zip cannot be unpacked: it is no zip that/u);
  const bytes = new Uint8Array(await zip(MODEL).arrayBuffer());
  // The list of contents says that the weights are encrypted, or that there are more of them than there may be.
  const at = (/** @type {Uint8Array} */ all) => {
    const heads = [...all.keys()].filter(
      (place) => all[place] === 0x50 && all[place + 1] === 0x4b && all[place + 2] === 1,
    );
    return heads[2];
  };
  const locked = bytes.slice();
  locked[at(locked) + 8] |= 1;
  await refuses(whatIsIn(new File([locked], "a.zip"), unzipRaw), /“model\.safetensors” in it is encrypted/u);
  const large = bytes.slice();
  large.set([0, 0, 0, 0x70], at(large) + 24);
  await refuses(whatIsIn(new File([large], "a.zip"), unzipRaw), /The model in a\.zip has 1\.9 GB/u);
  const damaged = bytes.slice();
  damaged.set([1, 0, 0, 0], at(damaged) + 24);
  const dropped = await whatIsIn(new File([damaged], "a.zip"), unzipRaw);
  assert.ok(dropped.is === "model");
  await refuses(dropped.found(), /“model\.safetensors” in it is damaged/u);
});
