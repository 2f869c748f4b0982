// Trying the trained model and taking it away.

import { fileName, save, zipped } from "../download.js";
import { mistake } from "../mistake.js";
import { requestFor } from "../trial.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").World} World */

/** @param {World} world */
export function resultActions({ client, dispatch, state }) {
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
    /** @param {import("../protocol.js").Task} task @param {string} text @param {string|null} pair */
    predict: (task, text, pair) =>
      attempt("predict", async () => {
        const predictions = await client.predict(requestFor(task, text, pair));
        return { answered: { task, predictions } };
      }),

    saveWeights: () =>
      attempt("weights", async () => {
        const weights = (await client.exportFiles(base())).find(({ path }) => path === "model.safetensors");
        if (!weights) throw mistake("file", "The engine made no weights file. Train again.");
        save(new Blob([weights.bytes], { type: "application/octet-stream" }), "model.safetensors");
        return { saved: "model.safetensors" };
      }),

    saveZip: () =>
      attempt("zip", async () => {
        const saved = `${name()}.zip`;
        save(await zipped(await client.exportFiles(base())), saved);
        return { saved };
      }),

    saveAdapter: () =>
      attempt("adapter", async () => {
        const saved = `${name()}-adapter.zip`;
        save(await zipped(await client.exportAdapter(base())), saved);
        return { saved };
      }),
  };
}
