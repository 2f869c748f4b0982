// A project as a zip: it comes back whole, and what is not one is refused with the reason.

import assert from "node:assert/strict";
import { test } from "node:test";
import { downloadZip } from "client-zip";
import { strToU8, zipSync } from "fflate";
import { unzipRaw } from "unzipit";

import { contentsOf, unpack } from "../../www/projects/archive.js";
import { openDisk } from "../../www/projects/disk.js";
import { filesOf, readProject } from "../../www/projects/record.js";
import { openStore } from "../../www/projects/store.js";
import { ID, entriesOf, filled, zip } from "./filled.js";
import { Disk } from "./opfs.js";

const OTHER = "00112233445566bb";

/** @param {File} file @param {RegExp} words @param {number} [room] */
async function refuses(file, words, room = 1e9) {
  await assert.rejects(unpack(file, unzipRaw, room), (/** @type {any} */ thrown) => {
    assert.equal(thrown.kind, "file");
    assert.match(thrown.message, words);
    return true;
  });
}

test("a project that is taken away comes back whole under an id of its own", async () => {
  const { store, project, files, run } = await filled();
  const blob = await downloadZip(contentsOf(project, files)).blob();
  const { project: read, source } = await unpack(new File([blob], "taken.zip"), unzipRaw, 1e9);
  const adopted = await store.adopt(OTHER, read, source);
  assert.ok(typeof adopted !== "string");
  assert.equal(adopted.id, OTHER);
  assert.equal(adopted.name, "fruit (2)");
  assert.equal((await store.newestCheckpoint(OTHER, run))?.bytes.length, 5000);
  assert.ok(await store.files(OTHER, filesOf(adopted)));
});

test("packed entries come back, too", async () => {
  const { entries } = await entriesOf();
  const store = openStore(openDisk(new Disk().handle));
  const { project, source } = await unpack(zip(entries, 9), unzipRaw, 1e9);
  assert.ok(typeof (await store.adopt(OTHER, project, source)) !== "string");
});

test("what is no zip of a project is refused with the reason", async () => {
  const { entries, project } = await entriesOf();
  const record = (/** @type {object} */ change) => strToU8(JSON.stringify({ ...project, ...change }));
  const [, first] = Object.keys(entries);
  await refuses(new File(["text,label\n"], "taken.zip"), /no zip that can be read/u);
  await refuses(zip({ "a.txt": strToU8("a") }), /no project\.json/u);
  await refuses(zip({ ...entries, "project.json": strToU8("{") }), /damaged/u);
  await refuses(zip({ ...entries, "project.json": record({ version: 2 }) }), /version is not one of 1/u);
  await refuses(zip({ ...entries, "project.json": record({ runs: [{}] }) }), /runs\[0\]/u);
  await refuses(
    zip({ ...entries, "../../evil.js": strToU8("a") }),
    /“\.\.\/\.\.\/evil\.js”, which belongs to no project/u,
  );
  await refuses(zip({ ...entries, [first]: strToU8("longer than it is said to be, by far") }), /is said to have/u);
  await refuses(zip(entries), /room for 1\.0 kB/u, 1000);
  const { [first]: _, ...without } = entries;
  await refuses(zip(without), /is missing from it/u);
});

test("names that lead out of the project are no names of files", async () => {
  const { project } = await entriesOf();
  for (const name of ["../up", "record-00000001", "table-../../../x", "table-", "/etc/passwd", "con"]) {
    const table = { ...project.table, name };
    assert.throws(() => readProject(JSON.stringify({ ...project, table })), TypeError, name);
  }
  const model = { ...project.model, files: [{ ...project.model?.files[0], path: "../../config.json" }] };
  assert.throws(() => readProject(JSON.stringify({ ...project, model })), TypeError);
});

test("a bomb is refused by what it claims, and stopped by what it is", async () => {
  const { entries, project } = await entriesOf();
  const big = new Uint8Array(50e6);
  // What it claims: a record of 50 MB in some kilobytes.
  await refuses(zip({ ...entries, "project.json": big }, 9), /project\.json has 50 MB/u);
  // What it is: the list says 5,000 bytes, as the record does, and far more come out.
  const [name] = Object.keys(entries).filter((one) => one.includes("checkpoint"));
  const packed = zipSync({ ...entries, [name]: big }, { level: 9 });
  const view = new DataView(packed.buffer);
  for (let at = 0; at + 4 < packed.length; at += 1) {
    if (view.getUint32(at, true) === 0x02014b50 && view.getUint32(at + 24, true) === big.length) {
      view.setUint32(at + 24, 5000, true);
    }
  }
  const disk = new Disk();
  const store = openStore(openDisk(disk.handle));
  const unpacked = await unpack(new File([packed], "taken.zip"), unzipRaw, 1e9);
  await assert.rejects(store.adopt(OTHER, unpacked.project, unpacked.source), (/** @type {any} */ thrown) => {
    assert.match(thrown.message, /^taken\.zip was not imported: .* cannot be unpacked \(.*exceeds limit.*\)\. Export/u);
    return thrown.kind === "file";
  });
  assert.deepEqual(disk.files(), []);
  assert.equal(
    unpacked.bytes,
    filesOf(project).reduce((sum, { bytes }) => sum + bytes, 0),
  );
});

test("a list of contents that claims to be huge is not read", async () => {
  const { entries } = await entriesOf();
  const bytes = zipSync(entries, { level: 0 });
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 22 + 12, 3_000_000_000, true);
  await refuses(new File([bytes], "taken.zip"), /list of contents has 3\.0 GB/u);
});

test("a file whose bytes are not what the record says is named, and nothing stays", async () => {
  const { entries } = await entriesOf();
  const [name] = Object.keys(entries).filter((one) => one.includes("checkpoint"));
  const changed = Uint8Array.from(entries[name], (byte, at) => (at === 100 ? byte ^ 1 : byte));
  const disk = new Disk();
  const store = openStore(openDisk(disk.handle));
  const { project, source } = await unpack(zip({ ...entries, [name]: changed }), unzipRaw, 1e9);
  assert.equal(await store.adopt(OTHER, project, source), name.replace("files/", ""));
  assert.deepEqual(disk.files(), []);
});
