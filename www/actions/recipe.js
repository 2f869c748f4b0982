// Changing the hyperparameters; the form's drafts are checked here, their meaning by the engine.

import { baseline, draftOf, isDraftOf, picked, readDraft, usedBy, withMethod } from "../recipe.js";
import { taskAtHand } from "../standing.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").World} World */

/** @param {World} world */
export function recipeActions({ client, dispatch, state }) {
  /** Checks a draft here for its form and in the engine for its meaning. @param {Record<string, string|boolean>} draft */
  async function take(draft) {
    const { fields, defaults } = state().recipe;
    const { mistakes } = readDraft(fields, defaults, draft);
    // What the task or the method does not use is neither sent nor waited for, but keeps its mistake until it is used.
    const { recipe } = readDraft(fields.filter(usedBy(draft, taskAtHand(state()))), defaults, draft);
    dispatch({ type: "recipe", change: { draft, mistakes } });
    const found = await client.checkRecipe(recipe).catch(() => []);
    if (state().recipe.draft !== draft) return;
    const words = Object.fromEntries(found.map(({ field, message }) => [field ?? "", message]));
    dispatch({ type: "recipe", change: { mistakes: { ...words, ...mistakes } } });
  }

  /** What the last suggestions were asked for. @type {unknown[]} */
  let asked = [];
  /** The last suggestions, until they are in the form or beside it. @type {Promise<void>} */
  let suggested = Promise.resolve();

  /** @param {unknown[]} now  What they are asked for. @param {boolean} possible  Whether that is a model and data. */
  async function suggest(now, possible) {
    if (possible !== state().recipe.picking) dispatch({ type: "recipe", change: { picking: possible } });
    const suggestions = possible ? await client.suggest().catch(() => null) : null;
    if (asked !== now) return;
    const before = state().recipe;
    const { method } = before.draft;
    dispatch({ type: "recipe", change: { suggestions, picking: false } });
    const after = state().recipe;
    // A method that somebody chose stays theirs; all else of a form that nobody has changed is picked anew.
    const chosen = method === picked(before).method ? draftOf(after.fields, picked(after)).method : method;
    if (isDraftOf(before, baseline(before, method))) take(draftOf(after.fields, baseline(after, chosen)));
  }

  return {
    /** Asks the engine for recipes whenever another model or other data is open; who has changed nothing gets it. */
    watch() {
      const { model, data, recipe } = state();
      const dataset = data.dataset?.info.mean_tokens != null ? data.dataset.info : null;
      const now = [model.info, dataset];
      if (recipe.fields.length === 0 || now.every((part, at) => part === asked[at])) return;
      asked = now;
      suggested = suggest(now, model.info !== null && dataset !== null);
    },

    /** Ends when no suggestions are on their way: whoever starts a run at once shall train with what is picked, too. */
    async settled() {
      for (let waited = null; waited !== suggested;) await (waited = suggested);
    },

    async loadFields() {
      try {
        const [{ fields, defaults }, scores, encodings] = await Promise.all([
          client.recipeFields(),
          client.scoreWords(),
          client.encodings(),
        ]);
        dispatch({ type: "words", scores, encodings });
        dispatch({ type: "recipe", change: { fields, defaults, draft: draftOf(fields, defaults), mistakes: {} } });
      } catch (thrown) {
        dispatch({ type: "device", change: { error: local(thrown) } });
      }
    },

    /** @param {string} name @param {string|boolean} value */
    changeField(name, value) {
      const form = state().recipe;
      return take({ ...(name === "method" ? withMethod(form, value) : form.draft), [name]: value });
    },

    /** The form of a project or of one of several runs; fields that it does not know keep their values. @param {Record<string, string|boolean>} draft */
    takeDraft(draft) {
      const now = state().recipe.draft;
      const known = Object.entries(draft).filter(([name, value]) => typeof value === typeof now[name]);
      return take({ ...now, ...Object.fromEntries(known) });
    },

    resetRecipe: () => take(draftOf(state().recipe.fields, picked(state().recipe))),
  };
}
