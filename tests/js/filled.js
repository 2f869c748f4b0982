// A project of every kind of file, in a store in memory and as the entries of its zip.

import assert from "node:assert/strict";
import { strToU8, zipSync } from "fflate";

import { addEvents, idleRun } from "../../www/run.js";
import { writeHistory } from "../../www/projects/history.js";
import { openDisk } from "../../www/projects/disk.js";
import { filesOf } from "../../www/projects/record.js";
import { openStore } from "../../www/projects/store.js";
import { Disk } from "./opfs.js";

export const ID = "00112233445566aa";

const METRICS = { loss: 0.5, accuracy: 0.75 };
const LINE = { precision: 0.5, recall: 1, f1: 2 / 3, support: 2 };
/** What a run leaves: curves, epochs and a report. */
export const history = writeHistory(
  addEvents(idleRun(), [
    { type: "step", step: 1, total_steps: 2, epoch: 0.5, loss: 1, learning_rate: 0.1, grad_norm: 1, ...sizes(1) },
    { type: "step", step: 2, total_steps: 2, epoch: 1, loss: NaN, learning_rate: 0.1, grad_norm: 1, ...sizes(2) },
    { type: "epoch", epoch: 1, step: 2, train_loss: NaN, validation: METRICS, best: true, seconds: 2, note: "Thin." },
    {
      type: "done",
      reason: "completed",
      best_epoch: 1,
      steps: 2,
      seconds: 2,
      optimizer_bytes: 0,
      metrics: METRICS,
      report: /** @type {any} */ ({
        task: "classification",
        labels: ["a", "b"],
        confusion: [
          [1, 1],
          [0, 2],
        ],
        per_class: [
          { label: "a", ...LINE },
          { label: "b", ...LINE },
        ],
        metrics: METRICS,
        threshold: null,
      }),
      sentence: "Done.",
    },
  ]),
);

/** @param {number} step */
function sizes(step) {
  return { examples: step, tokens: step, seconds: step };
}

/** A store with one project that has a table, a model and a checkpoint. */
export async function filled() {
  const disk = new Disk();
  const store = openStore(openDisk(disk.handle));
  await store.create(ID, "fruit.csv", strToU8("text,label\na,b\n"));
  await store.saveModel(ID, { from: "files", name: "tiny", base: "tiny", sum: "" }, [
    { path: "config.json", source: strToU8("{}") },
  ]);
  const run = await store.beginRun(ID, { model: "tiny", task: "classification", method: "full" });
  await store.putCheckpoint(ID, run, new Uint8Array(5000).fill(7), { step: 3, total_steps: 9, epoch: 1 });
  await store.endRun(ID, run, { status: "stopped", score: { name: "accuracy", value: 0.75 } }, history);
  const { project } = (await store.load(ID)) ?? assert.fail();
  const files = (await store.files(ID, filesOf(project))) ?? assert.fail();
  return { disk, store, project, files, run };
}

/** @param {Record<string, Uint8Array>} entries @param {0|9} [level] */
export const zip = (entries, level = 0) =>
  new File([/** @type {BlobPart} */ (zipSync(entries, { level }))], "taken.zip");

/** What the project's zip holds, by name. */
export async function entriesOf() {
  const { project, files } = await filled();
  /** @type {Record<string, Uint8Array>} */
  const entries = { "project.json": strToU8(JSON.stringify(project)) };
  for (const { name, file } of files) entries[`files/${name}`] = new Uint8Array(await file.arrayBuffer());
  return { entries, project };
}
