// Opening encoders; the last one that opened is remembered for a restart of the engine or a move to another one.

import { listKept, removeKept } from "../hub.js";
import { modelOfFiles, modelOfHub, modelOfThePage } from "../models.js";
import { isBusyTraining } from "../standing.js";
import { BUSY, local } from "./world.js";

/**
 * @typedef {import("./world.js").World} World
 * @typedef {import("../models.js").ModelSource} ModelSource
 */

/** @param {World} world @param {() => Promise<void>} countTokens  With a tokenizer at hand the data's lengths are known. */
export function modelActions({ client, dispatch, state }, countTokens) {
  /** @type {ModelSource|null} */
  let opened = null;
  /** What is being read. @type {ModelSource|null} */
  let reading = null;
  /** What did not open for want of a device. @type {ModelSource|null} */
  let wanted = null;
  let latest = 0;

  /** @param {ModelSource} source */
  async function openModel(source) {
    if (isBusyTraining(state())) return dispatch({ type: "model", change: { error: BUSY } });
    const mine = (latest += 1);
    const loading = (/** @type {import("../protocol.js").Progress|null} */ progress) => {
      if (mine === latest) dispatch({ type: "model", change: { loading: { name: source.name, progress } } });
    };
    dispatch({ type: "model", change: { error: null } });
    loading(null);
    wanted = null;
    reading = source;
    try {
      const files = await source.read(loading);
      if (mine !== latest) return;
      loading({ done: 0, total: null, what: "Opening the model" });
      const info = await client.openModel(files, source.name, loading);
      opened = source;
      dispatch({ type: "model_opened", info, base: source.base });
      await countTokens();
    } catch (thrown) {
      const error = local(thrown, state());
      if (error?.kind === "device") wanted = source;
      if (mine === latest) dispatch({ type: "model", change: { loading: null, error } });
    }
    if (mine === latest) reading = null;
    dispatch({ type: "model", change: { kept: await listKept() } });
  }

  return {
    /** A model of a project. @param {ModelSource} source */
    openModelAgain: (source) => openModel(source),

    /** Where the open model comes from. @returns {ModelSource|null} */
    modelInUse: () => (state().model.info ? opened : null),

    openDefaultModel: () => openModel(modelOfThePage()),

    /** @param {Parameters<typeof modelOfFiles>[0]} files @param {string} name */
    async openModelFiles(files, name) {
      try {
        await openModel(modelOfFiles(files, name));
      } catch (thrown) {
        dispatch({ type: "model", change: { error: local(thrown) } });
      }
    },

    /** @param {string} repo As hubName() returns it. */
    openHubModel: (repo) => openModel(modelOfHub(repo, client.shardNames)),

    /** @param {string} repo */
    async forgetModel(repo) {
      await removeKept(repo);
      dispatch({ type: "model", change: { kept: await listKept() } });
    },

    async openWanted() {
      if (wanted && !state().model.loading) await openModel(wanted);
    },

    /** Opens the last model again, or the default one if there was none, in an engine that lost it. */
    reopen: () => openModel(opened ?? modelOfThePage()),

    /** The same in an engine that never had it: what is still being read starts over there. */
    async replay() {
      const source = reading ?? opened;
      if (source) await openModel(source);
    },
  };
}
