// Trying the trained model and taking it away.

import { fileName, save, zipped } from "../download.js";
import { mistake } from "../mistake.js";
import { bytesOf, modelOfFiles } from "../models.js";
import { requestFor } from "../trial.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").KeepingWorld} World */

/** Where a project keeps what was learnt apart from its model. */
const ADAPTER = "adapter/";

/** @param {World} world */
export function resultActions({ client, keeper, dispatch, state }) {
  /** The run whose kept result an engine has open. @type {unknown} */
  let opened = null;

  /** Files of the trained model, of the project where its engine is gone. @returns {Promise<import("../download.js").ExportedFile[]>} */
  async function files() {
    const { stored, current } = state().projects;
    if (!stored || !current) return client.exportFiles(base());
    return keptFiles(current.id, (path) => !path.startsWith(ADAPTER));
  }

  /** @param {string} id @param {(path: string) => boolean} wanted */
  async function keptFiles(id, wanted) {
    const found = (await keeper.result(id)).filter(([path]) => wanted(path));
    return Promise.all(found.map(async ([path, file]) => ({ path, bytes: await bytesOf(file) })));
  }

  async function adapter() {
    const { stored, current } = state().projects;
    if (!stored || !current) return client.exportAdapter(base());
    const kept = await keptFiles(current.id, (path) => path.startsWith(ADAPTER));
    return kept.map(({ path, bytes }) => ({ path: path.slice(ADAPTER.length), bytes }));
  }

  /** Opens the model that a project keeps, so that it can be asked. */
  async function openKept() {
    const { stored, current } = state().projects;
    const { done } = state().run;
    if (!stored || !current || opened === done) return;
    const kept = await keeper.result(current.id);
    const source = modelOfFiles(new Map(kept.filter(([path]) => !path.startsWith(ADAPTER))), "the trained model");
    await client.openResult(await source.read(() => {}), source.name);
    opened = done;
  }

  /** @param {NonNullable<import("../state.js").ResultState["busy"]>} busy @param {() => Promise<Partial<import("../state.js").ResultState>>} work */
  async function attempt(busy, work) {
    if (state().result.busy) return;
    dispatch({ type: "result", change: { busy, error: null } });
    try {
      const change = await work();
      dispatch({ type: "result", change: { ...change, busy: null } });
    } catch (thrown) {
      dispatch({ type: "result", change: { busy: null, error: local(thrown) } });
    }
  }

  /** Named after what was trained on what. */
  function name() {
    const { model = "model", table = "" } = state().run.subject ?? {};
    return fileName(`${model.split("/").at(-1)}-${fileName(table)}`);
  }

  /** What was trained, as the hub knows it if it does. */
  function base() {
    return state().run.subject?.base ?? "";
  }

  return {
    openKept,

    /** @param {import("../protocol.js").Task} task @param {string} text @param {string|null} pair */
    predict: (task, text, pair) =>
      attempt("predict", async () => {
        await openKept();
        const predictions = await client.predict(requestFor(task, text, pair));
        return { answered: { task, predictions } };
      }),

    saveWeights: () =>
      attempt("weights", async () => {
        const weights = (await files()).find(({ path }) => path === "model.safetensors");
        if (!weights) throw mistake("file", "The engine made no weights file. Train again.");
        save(new Blob([weights.bytes], { type: "application/octet-stream" }), "model.safetensors");
        return { saved: "model.safetensors" };
      }),

    saveZip: () =>
      attempt("zip", async () => {
        const saved = `${name()}.zip`;
        save(await zipped(await files()), saved);
        return { saved };
      }),

    saveAdapter: () =>
      attempt("adapter", async () => {
        const saved = `${name()}-adapter.zip`;
        save(await zipped(await adapter()), saved);
        return { saved };
      }),

    /** @param {import("../protocol.js").Precision} precision */
    saveOnnx: (precision) =>
      attempt("onnx", async () => {
        const saved = `${name()}-onnx.zip`;
        await openKept();
        save(await zipped(await client.exportOnnx([precision])), saved);
        return { saved };
      }),
  };
}
