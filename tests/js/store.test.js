// Projects on a disk that tears files and runs full: what is read back is what was written last, or what was before.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND, dialectOf } from "../../www/dialect.js";
import { PIECE, checksum, openDisk } from "../../www/projects/disk.js";
import { LONGEST_WRITTEN, homesOf, readProject, shownRun } from "../../www/projects/record.js";
import { openStore } from "../../www/projects/store.js";
import { offerOf } from "../../www/projects/summary.js";
import { ONE_RUN, formOf } from "../../www/several.js";
import { Disk } from "./opfs.js";

const ID = "00112233445566aa";
const ABOUT = { model: "tiny", task: /** @type {const} */ ("classification"), method: "full" };
const bytes = (/** @type {number} */ length, /** @type {number} */ value) => new Uint8Array(length).fill(value);
const info = (/** @type {number} */ step) => ({ step, total_steps: 100, epoch: step / 10 });

/** @param {Disk} disk */
const visit = (disk) => openStore(openDisk(disk.handle), () => 1000);

/** A project with a run that has checkpoints at these steps. @param {number[]} steps */
async function running(...steps) {
  const disk = new Disk();
  const store = visit(disk);
  await store.create(ID, "fruit.csv", bytes(50, 1));
  const run = await store.beginRun(ID, ABOUT);
  for (const step of steps) await store.putCheckpoint(ID, run, bytes(100, step), info(step));
  return { disk, store, run };
}

test("what one visit keeps, the next one finds", async () => {
  const { disk, store } = await running();
  await store.save(ID, { name: "  Fruit  ", draft: { epochs: "3", shuffle: true } });
  await store.saveModel(ID, { from: "files", name: "tiny", base: "tiny", sum: "" }, [
    { path: "1_Pooling/config.json", source: new Blob(["{}"]) },
  ]);
  const [{ project, torn }] = await visit(disk).list();
  assert.equal(torn, false);
  assert.equal(project.name, "Fruit");
  assert.equal(project.table?.title, "fruit.csv");
  assert.deepEqual(project.draft, { epochs: "3", shuffle: true });
  const [model] = (await visit(disk).files(ID, project.model?.files ?? [])) ?? [];
  assert.equal(model.path, "1_Pooling/config.json");
  assert.equal(await model.file.text(), "{}");
});

test("the forms are kept, and a record from before there was a second one is read", async () => {
  const { disk, store } = await running();
  const axis = { field: "epochs", values: "1, 2", from: "1", to: "2", chosen: [] };
  const several = { ...formOf(ONE_RUN), kind: /** @type {const} */ ("grid"), axes: [axis] };
  await store.save(ID, { several });
  const [{ project }] = await visit(disk).list();
  assert.deepEqual(project.several, several);
  const { several: _none, ...before } = project;
  assert.equal(readProject(JSON.stringify(before)).several, null);
  for (const wrong of [
    { kind: "all" },
    { axes: [{ ...axis, chosen: [1] }] },
    { axes: Array(101).fill(axis) },
    { seeds: 3 },
  ]) {
    assert.throws(() => readProject(JSON.stringify({ ...project, several: { ...several, ...wrong } })), TypeError);
  }
});

test("what could not be read back does not take the place of what can", async () => {
  const { disk, store } = await running();
  await store.save(ID, { draft: { epochs: "3" } });
  await assert.rejects(store.save(ID, { draft: { epochs: "9".repeat(LONGEST_WRITTEN + 1) } }), {
    message: /not kept: in the project, \.draft\.epochs is not a text of at most 1000 characters\. Shorten/u,
  });
  const [{ project, torn }] = await visit(disk).list();
  assert.deepEqual([project.draft, torn], [{ epochs: "3" }, false]);
});

test("what another tab writes is seen, also where the list was read in the middle of it", async () => {
  const { disk, store } = await running();
  const other = visit(disk);
  assert.equal((await other.list())[0].project.name, "fruit");
  await store.save(ID, { name: "Pears" });
  assert.equal((await other.list())[0].project.name, "Pears");
  await store.save(ID, { name: "Apples" });
  const records = disk.files().filter(({ name }) => name.startsWith("record"));
  const [newest, whole] = [records[records.length - 1], records[records.length - 1].bytes];
  newest.bytes = whole.slice(0, 100);
  assert.deepEqual(
    (await other.list()).map(({ project, torn }) => [project.name, torn]),
    [["Pears", true]],
  );
  newest.bytes = whole;
  assert.deepEqual(
    (await other.list()).map(({ project, torn }) => [project.name, torn]),
    [["Apples", false]],
  );
  await store.remove(ID);
  assert.deepEqual(await other.list(), []);
});

test("a table that was there before gets another name", async () => {
  const { store } = await running();
  const second = await store.create("00112233445566bb", "fruit.csv", bytes(51, 2));
  assert.equal(second.name, "fruit (2)");
});

test("how a table is read is kept, and a record from before there was a choice is read", async () => {
  const { disk, store } = await running();
  await store.create("00112233445566bb", "a.xlsx", bytes(51, 2), { ...AS_FOUND, worksheet: "Two", header: false });
  const projects = (await visit(disk).list()).map(({ project }) => project);
  const how = projects.map(({ table }) => table && dialectOf(table));
  assert.deepEqual(new Set(how), new Set([{ ...AS_FOUND, worksheet: "Two", header: false }, AS_FOUND]));
  const [project] = projects;
  const { name, bytes: size, sum, title } = project.table ?? assert.fail();
  const before = { ...project, table: { name, bytes: size, sum, title } };
  assert.deepEqual(dialectOf(readProject(JSON.stringify(before)).table ?? assert.fail()), AS_FOUND);
});

test("a table that is read differently stays in its project until something was learnt from it", async () => {
  const { disk, store } = await running();
  const asked = { ...AS_FOUND, header: false };
  const fresh = await store.create("00112233445566bb", "a.csv", bytes(51, 2));
  const [old] = (await store.list()).map(({ project }) => project).filter(({ id }) => id !== fresh.id);
  const sum = fresh.table?.sum ?? "";
  const homes = (
    /** @type {import("../../www/protocol.js").Dialect} */ dialect,
    /** @type {typeof old[]} */ projects,
  ) => homesOf(projects, sum, "a.csv", dialect).map(({ id }) => id);
  assert.deepEqual(homes(asked, [old, fresh]), [fresh.id]);
  assert.deepEqual(homes({ ...asked, worksheet: "Two" }, [fresh]), [], "another sheet is another table");
  const learnt = { ...fresh, runs: old.runs };
  assert.deepEqual([learnt.runs.length > 0, homes(asked, [learnt]), homes(AS_FOUND, [learnt])], [true, [], [fresh.id]]);

  const again = await store.readAs(fresh.id, asked);
  assert.deepEqual([dialectOf(again.table ?? assert.fail()), again.table?.sum], [asked, sum]);
  const other = { ...again, id: "00112233445566cc", table: fresh.table };
  assert.deepEqual(homes(asked, [other, again]), [again.id, other.id], "the one that reads it so comes first");
  const stored = (await visit(disk).load(fresh.id))?.project.table ?? assert.fail();
  assert.deepEqual(dialectOf(stored), asked);
});

test("the newest two checkpoints are kept, and nothing else of the run", async () => {
  const { disk, store, run } = await running(1, 2, 3);
  const kept = disk.files().filter(({ name }) => name.startsWith("checkpoint"));
  assert.equal(kept.length, 2);
  const newest = await store.newestCheckpoint(ID, run);
  assert.deepEqual([newest?.info.step, newest?.torn, newest?.bytes[0]], [3, false, 3]);
});

test("of a torn checkpoint the one before is used, and said to be", async () => {
  const { disk, run } = await running(1, 2);
  disk.tear("checkpoint");
  const found = await visit(disk).newestCheckpoint(ID, run);
  assert.deepEqual([found?.info.step, found?.torn], [1, true]);
  for (const file of disk.files()) if (file.name.startsWith("checkpoint")) file.bytes = bytes(100, 9);
  assert.equal(await visit(disk).newestCheckpoint(ID, run), null);
});

test("of a torn record the one before is used, and its checkpoint is still there", async () => {
  const { disk, run } = await running(1, 2);
  disk.tear("record");
  const again = visit(disk);
  const [{ project, torn }] = await again.list();
  assert.equal(torn, true);
  assert.equal(offerOf(project)?.step, 1);
  assert.equal((await again.newestCheckpoint(ID, run))?.info.step, 1);
  // The next change takes the place of the torn one.
  await again.putCheckpoint(ID, run, bytes(100, 7), info(7));
  assert.equal((await visit(disk).list())[0].torn, false);
});

test("a visit that ends in the middle of a write leaves what was there", async () => {
  for (let stop = 0; stop < 12; stop += 1) {
    const { disk, run } = await running(1, 2);
    let left = stop;
    /** @type {(value: null) => void} */
    let die = () => {};
    const died = new Promise((resolve) => (die = resolve));
    /** Each call may be the last. @param {(...args: any[]) => Promise<any>} call */
    const mortal =
      (call) =>
      (/** @type {any[]} */ ...args) => {
        if ((left -= 1) >= 0) return call(...args);
        die(null);
        return new Promise(() => {});
      };
    const calls = Object.entries(openDisk(disk.handle)).map(([name, call]) => [name, mortal(call)]);
    const store = openStore(Object.fromEntries(calls));
    await Promise.race([store.putCheckpoint(ID, run, bytes(100, 3), info(3)), died]);
    const found = await visit(disk).newestCheckpoint(ID, run);
    assert.ok([2, 3].includes(found?.info.step ?? 0), `after ${stop} calls: step ${found?.info.step}`);
    assert.equal(found?.torn, false);
  }
});

test("a full disk keeps the newest checkpoint that fits, gives up the spare one, and says so when nothing fits", async () => {
  const { disk, store, run } = await running();
  for (const step of [1, 2]) await store.putCheckpoint(ID, run, bytes(20_000, step), info(step));
  // There is room for a third one only in place of the first.
  disk.room = disk.used() + 10_000;
  await store.putCheckpoint(ID, run, bytes(20_000, 3), info(3));
  assert.equal((await visit(disk).newestCheckpoint(ID, run))?.info.step, 3);
  await assert.rejects(store.putCheckpoint(ID, run, bytes(90_000, 4), info(4)), { name: "QuotaExceededError" });
  const found = await visit(disk).newestCheckpoint(ID, run);
  assert.deepEqual([found?.info.step, found?.torn], [3, false]);
  assert.ok(disk.used() <= disk.room);
});

test("a project that has no room leaves nothing", async () => {
  const disk = new Disk();
  disk.room = 100;
  await assert.rejects(visit(disk).create(ID, "fruit.csv", bytes(5000, 1)), { name: "QuotaExceededError" });
  assert.deepEqual(await visit(disk).folders(), []);
});

test("a run that is over leaves its history and its model, and those of earlier runs go", async () => {
  const { disk, store, run } = await running(1, 2);
  await store.endRun(ID, run, { status: "done", score: { name: "accuracy", value: 0.5 } }, "{}");
  // Until its model is kept, the run can be gone on with.
  assert.equal(offerOf((await visit(disk).list())[0].project)?.step, 2);
  await store.putResult(ID, run, [{ path: "model.safetensors", source: bytes(10, 1) }]);
  assert.equal(offerOf((await visit(disk).list())[0].project), null);
  const second = await store.beginRun(ID, ABOUT);
  await store.putResult(ID, second, [{ path: "model.safetensors", source: bytes(20, 2) }]);
  const [{ project }] = await visit(disk).list();
  assert.deepEqual(
    project.runs.map(({ result }) => result.length),
    [1, 0],
  );
  assert.equal(offerOf(project), null);
  assert.equal(disk.files().filter(({ name }) => name.startsWith("checkpoint")).length, 0);
  assert.equal(disk.files().filter(({ name }) => name.startsWith("result")).length, 1);
});

test("a run that was left behind can go on until a new one has something of its own", async () => {
  const { disk, store, run } = await running(1, 2);
  const second = await store.beginRun(ID, ABOUT);
  const offered = async () => offerOf(((await store.load(ID)) ?? assert.fail()).project);
  assert.deepEqual([(await offered())?.run, (await offered())?.step], [run, 2]);
  await store.putCheckpoint(ID, second, bytes(100, 3), info(3));
  assert.deepEqual([(await offered())?.run, (await offered())?.step], [second, 3]);
  const { project } = (await store.load(ID)) ?? assert.fail();
  assert.deepEqual(
    project.runs.map(({ status }) => status),
    ["running", "discarded"],
  );
  // A short one has its model before any checkpoint.
  const third = await store.beginRun(ID, ABOUT);
  await store.endRun(ID, third, { status: "done", score: null }, "{}");
  assert.equal((await offered())?.run, second);
  await store.putResult(ID, third, [{ path: "model.safetensors", source: bytes(10, 1) }]);
  assert.equal(await offered(), null);
  assert.equal(disk.files().filter(({ name }) => name.startsWith("checkpoint")).length, 0);
});

test("on a full disk the run that was left behind makes room for the new one", async () => {
  const { disk, store } = await running();
  const first = await store.beginRun(ID, ABOUT);
  await store.putCheckpoint(ID, first, bytes(20_000, 1), info(1));
  const second = await store.beginRun(ID, ABOUT);
  disk.room = disk.used() + 10_000;
  await store.putCheckpoint(ID, second, bytes(20_000, 2), info(2));
  assert.equal((await store.newestCheckpoint(ID, second))?.info.step, 2);
  assert.equal(await store.newestCheckpoint(ID, first), null);
});

test("a project shows its newest run with a model, or else its newest", async () => {
  const { store, run } = await running();
  const shown = async () => shownRun(((await store.load(ID)) ?? assert.fail()).project)?.id ?? null;
  assert.equal(await shown(), null, "it is not over");
  const over = (/** @type {string} */ id) => store.endRun(ID, id, { status: "done", score: null }, "{}");
  await over(run);
  const second = await store.beginRun(ID, ABOUT);
  await over(second);
  assert.equal(await shown(), second);
  await store.putResult(ID, run, [{ path: "model.safetensors", source: bytes(10, 1) }]);
  assert.equal(await shown(), run);
});

test("of a run that is over but whose model was not kept, discarding leaves the figures", async () => {
  const { store, run } = await running(1);
  await store.endRun(ID, run, { status: "done", score: null }, "{}");
  await store.discardRun(ID, run);
  const { project } = (await store.load(ID)) ?? assert.fail();
  assert.equal(project.runs[0].status, "done");
  assert.equal(offerOf(project), null);
});

test("a discarded run is not offered again, and a removed project is gone", async () => {
  const { disk, store, run } = await running(1);
  await store.discardRun(ID, run);
  assert.equal(offerOf((await visit(disk).list())[0].project), null);
  await store.remove(ID);
  assert.deepEqual(disk.files(), []);
});

test("the checksum is the same for bytes, a blob and a stream, whatever its chunks are", async () => {
  const all = Uint8Array.from({ length: PIECE + 1000 }, (_, i) => i % 251);
  const blob = new Blob([all]);
  const odd = new ReadableStream({
    start(control) {
      for (let at = 0; at < all.length; at += 777_777) control.enqueue(all.subarray(at, at + 777_777));
      control.close();
    },
  });
  const sums = await Promise.all([checksum(all), checksum(blob), checksum(odd)]);
  assert.equal(new Set(sums).size, 1);
  assert.notEqual(sums[0], await checksum(all.subarray(1)));
});
