// Starting, pausing, resuming and stopping a run.

import { readDraft, usedBy } from "../recipe.js";
import { newSearch } from "../search.js";
import { planOf } from "../several.js";
import { isBusyTraining, obstacle, taskAtHand } from "../standing.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").World} World */

/** @param {World} world @param {() => Promise<void>} settled  Ends when the form waits for no suggestion. */
export function runActions({ client, dispatch, state }, settled) {
  /** @param {() => Promise<unknown>} work @param {import("../run.js").RunStatus} otherwise  Status if it fails. */
  async function attempt(work, otherwise) {
    try {
      await work();
    } catch (thrown) {
      const error = local(thrown);
      if (error) dispatch({ type: "run", change: { status: otherwise, error } });
    }
  }

  /** @param {import("../protocol.js").Progress} prepare */
  const prepare = (prepare) => dispatch({ type: "run", change: { prepare } });

  return {
    async train() {
      if (isBusyTraining(state()) || obstacle(state())) return;
      const { status } = state().run;
      dispatch({ type: "run", change: { status: "starting", prepare: null, error: null } });
      await attempt(async () => {
        await settled();
        const { fields, defaults, draft } = state().recipe;
        // What the task or the method does not use stays at its default, whatever was written there before.
        const used = fields.filter(usedBy(draft, taskAtHand(state())));
        const { recipe } = readDraft(used, defaults, draft);
        const { plan } = planOf(state().several, fields);
        const method = /** @type {import("../protocol.js").Method} */ (recipe.method ?? "full");
        if (plan) {
          const search = newSearch(await client.startSearch(recipe, plan, prepare), recipe);
          dispatch({ type: "run_started", info: null, method, search });
        } else {
          dispatch({ type: "run_started", info: await client.start(recipe, prepare), method });
        }
      }, status);
    },

    pause: () =>
      attempt(async () => {
        await client.pause();
        if (state().run.status === "running") dispatch({ type: "run", change: { status: "paused" } });
      }, "running"),

    resume: () =>
      attempt(async () => {
        dispatch({ type: "run", change: { status: "running" } });
        await client.resume();
      }, "paused"),

    stop() {
      const { status } = state().run;
      dispatch({ type: "run", change: { status: "stopping" } });
      return attempt(() => client.stop(), status);
    },
  };
}
