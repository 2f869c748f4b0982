// Trying the trained model and taking it away.

import { RESULT_LOST } from "../client.js";
import { fileName, save, zipped } from "../download.js";
import { mistake } from "../mistake.js";
import { bytesOf, modelOfFiles } from "../models.js";
import { requestFor } from "../trial.js";
import { asked } from "./asked.js";
import { local } from "./world.js";

/**
 * @typedef {import("./world.js").KeepingWorld} World
 * @typedef {import("../download.js").ExportedFile} ExportedFile
 * @typedef {import("../outcome.js").ResultState} ResultState
 * @typedef {NonNullable<import("../run.js").RunState["stored"]>} Stored
 */

/** Where a project keeps what was learnt apart from its model. */
const ADAPTER = "adapter/";

/** @param {World} world */
export function resultActions({ client, keeper, dispatch, state }) {
  /** What came of the run whose kept model an engine has open. @type {unknown} */
  let opened = null;
  /** One after the other, so that the last one asked for is the one that answers. @type {Promise<void>} */
  let opening = Promise.resolve();

  /** Files of the trained model, of its project where it is not in an engine. @returns {Promise<ExportedFile[]>} */
  async function files() {
    const { stored } = state().run;
    return stored ? keptFiles(stored, (path) => !path.startsWith(ADAPTER)) : ofEngine(client.exportFiles);
  }

  /** @returns {Promise<ExportedFile[]>} */
  async function adapter() {
    const { stored } = state().run;
    if (!stored) return ofEngine(client.exportAdapter);
    const kept = await keptFiles(stored, (path) => path.startsWith(ADAPTER));
    return kept.map(({ path, bytes }) => ({ path: path.slice(ADAPTER.length), bytes }));
  }

  /** @param {Stored} stored @param {(path: string) => boolean} wanted @returns {Promise<ExportedFile[]>} */
  async function keptFiles({ id, run }, wanted) {
    const found = (await keeper.result(id, run)).filter(([path]) => wanted(path));
    return Promise.all(found.map(async ([path, file]) => ({ path, bytes: await bytesOf(file) })));
  }

  /** @param {(base: string) => Promise<ExportedFile[]>} ask */
  async function ofEngine(ask) {
    if (!client.hasResult()) throw RESULT_LOST;
    // What was trained, as the hub knows it if it does.
    return ask(state().run.subject?.base ?? "");
  }

  /** Sees to it that what answers is what is shown: a model that a project keeps is opened in an engine. */
  function openKept() {
    const { run } = state();
    return (opening = opening.catch(() => null).then(() => openModelOf(run)));
  }

  /** @param {import("../run.js").RunState} run */
  async function openModelOf({ status, stored, done }) {
    if (stored) {
      if (opened === done && client.hasResult()) return;
      const kept = await keeper.result(stored.id, stored.run);
      const source = modelOfFiles(new Map(kept.filter(([path]) => !path.startsWith(ADAPTER))), "the trained model");
      await client.openResult(await source.read(() => {}), source.name);
      opened = done;
    } else if (status === "done" && !client.hasResult()) throw RESULT_LOST;
  }

  /** @param {NonNullable<ResultState["busy"]>} busy @param {() => Promise<Partial<ResultState>>} work */
  async function attempt(busy, work) {
    if (state().result.busy) return;
    const about = asked(state());
    /** What comes after another model took the place of this one says nothing of that one. @param {Partial<ResultState>} change */
    const say = (change) => {
      if (asked(state()) === about) dispatch({ type: "result", change: { ...change, busy: null } });
    };
    dispatch({ type: "result", change: { busy, error: null } });
    try {
      say(await work());
    } catch (thrown) {
      say({ error: local(thrown) });
    }
  }

  /** Named after what was trained on what. */
  function name() {
    const { model = "model", table = "" } = state().run.subject ?? {};
    return fileName(`${model.split("/").at(-1)}-${fileName(table)}`);
  }

  /** @param {string} saved  Its name. @param {() => Promise<ExportedFile[]>} make */
  async function takeAway(saved, make) {
    const packed = await make();
    if (packed.length === 0) throw mistake("file", "None of these files are there any more. Train again.");
    save(await zipped(packed), saved);
    return { saved };
  }

  return {
    openKept,

    /** @param {import("../protocol.js").Task} task @param {string} text @param {string|null} pair */
    predict: (task, text, pair) =>
      attempt("predict", async () => {
        await openKept();
        const request = requestFor(task, text, pair);
        const [predictions, cut] = await Promise.all([client.predict(request), client.cut(request)]);
        return { answered: { task, predictions, cut } };
      }),

    saveWeights: () =>
      attempt("weights", async () => {
        const weights = (await files()).find(({ path }) => path === "model.safetensors");
        if (!weights) throw mistake("file", "The engine made no weights file. Train again.");
        save(new Blob([weights.bytes], { type: "application/octet-stream" }), "model.safetensors");
        return { saved: "model.safetensors" };
      }),

    saveZip: () => attempt("zip", () => takeAway(`${name()}.zip`, files)),

    saveAdapter: () => attempt("adapter", () => takeAway(`${name()}-adapter.zip`, adapter)),

    /** @param {import("../protocol.js").Precision} precision */
    saveOnnx: (precision) =>
      attempt("onnx", () =>
        takeAway(`${name()}-onnx.zip`, async () => {
          await openKept();
          return client.exportOnnx([precision]);
        }),
      ),
  };
}
