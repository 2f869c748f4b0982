// The form for several runs, and what one takes from the table of those that were made.

import { fileName, save } from "../download.js";
import { draftOf, fieldsFor, readDraft, usedBy } from "../recipe.js";
import { csv } from "../search.js";
import { ONE_RUN, axisFor, nextField, planOf, stateOf, variable } from "../several.js";
import { recipeMistakes, taskAtHand } from "../standing.js";

/**
 * @typedef {import("./world.js").World} World
 * @typedef {import("../several.js").SeveralState} SeveralState
 */

const NO_ROWS =
  "Several runs are compared on validation rows, and there are none. Keep a share of the rows for validation in step 2.";

/** @param {World} world @param {(draft: Record<string, string|boolean>) => unknown} takeDraft  Puts a draft into the form of step 3. */
export function severalActions({ client, dispatch, state }, takeDraft) {
  /** What was last checked. @type {unknown[]} */
  let checked = [];

  /** @param {Partial<SeveralState>} change */
  const change = (change) => dispatch({ type: "several", change });

  /** Hyperparameters that may be varied now. */
  function offered() {
    const { recipe, several } = state();
    return variable(recipe.fields, recipe.draft, taskAtHand(state()), several.axes);
  }

  return {
    /** Says how many runs there will be, or what is wrong, whenever the form or what it depends on has changed. */
    async watchSeveral() {
      const { several, recipe, data, model } = state();
      const { kind, seeds, draws, search_seed, axes } = several;
      const rows = data.dataset?.info.validation;
      const written = [kind, seeds, draws, search_seed, axes, recipe.draft];
      const now = [...written, recipe.fields, recipe.mistakes, model.info, taskAtHand(state()), rows];
      if (now.every((part, at) => part === checked[at])) return;
      checked = now;
      const fields = fieldsFor(recipe.fields, model.info);
      const { plan, mistakes } = planOf(several, fields);
      if (kind !== "one" && rows === 0) mistakes.rows = NO_ROWS;
      const used = fields.filter(usedBy(recipe.draft, taskAtHand(state())));
      const base = readDraft(used, recipe.defaults, recipe.draft);
      // What is wrong in the form above is said there.
      if (!plan || Object.keys(base.mistakes).length > 0) return change({ mistakes, runs: null });
      const found = await client.checkSearch(base.recipe, plan, taskAtHand(state())).catch(() => null);
      if (checked !== now) return;
      const words = (found?.mistakes ?? [])
        .filter(({ field = "" }) => !recipeMistakes(state())[field])
        .map(({ field, message }) => [field ?? "fields", message]);
      change({ mistakes: { ...Object.fromEntries(words), ...mistakes }, runs: found?.runs ?? null });
    },

    /** @param {Partial<SeveralState>} values */
    changeSeveral(values) {
      const { several, recipe } = state();
      change(values);
      const varies = values.kind === "grid" || values.kind === "random";
      if (!varies || several.axes.length > 0) return;
      const field = nextField(offered(), []);
      if (field) change({ axes: [axisFor(field, recipe.draft[field.name])] });
    },

    addAxis() {
      const { several, recipe } = state();
      const field = nextField(offered(), several.axes);
      if (field) change({ axes: [...several.axes, axisFor(field, recipe.draft[field.name])] });
    },

    /** @param {number} place @param {Partial<import("../several.js").AxisDraft>} values */
    changeAxis(place, values) {
      const { several, recipe } = state();
      const field = recipe.fields.find(({ name }) => name === values.field);
      const to = field ? axisFor(field, recipe.draft[field.name]) : values;
      change({ axes: several.axes.map((axis, at) => (at === place ? { ...axis, ...to } : axis)) });
    },

    /** @param {number} place */
    removeAxis(place) {
      change({ axes: state().several.axes.filter((_, at) => at !== place) });
    },

    /** Puts the form of a project into step 3. @param {import("../several.js").SeveralForm|null} form */
    takeSeveral: (form) => change(stateOf(form, state().recipe.fields)),

    /** Puts the hyperparameters of a run into the form, for one run. @param {number} trial */
    useTrial(trial) {
      const { run, recipe } = state();
      const row = run.search?.rows.find((row) => row.trial === trial);
      if (!run.search || !row) return;
      change({ kind: ONE_RUN.kind });
      takeDraft(draftOf(recipe.fields, { ...run.search.base, ...row.changes }));
    },

    saveRuns() {
      const { search, subject } = state().run;
      if (!search) return;
      const name = `${fileName(subject?.table ?? "")}-runs.csv`;
      save(new Blob([csv(search)], { type: "text/csv" }), name);
    },
  };
}
