// Where the session stands, by the page's state: what is there, what is on, and what is in the way of training. Pure.

import { HELD } from "./mapping.js";
import { beyondModel, usedBy } from "./recipe.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").DataState} DataState
 * @typedef {import("./mapping.js").Held} Held
 * @typedef {"empty"|"data"|"model"|"ready"|"running"|"paused"|"trained"} Phase
 */

const listed = new Intl.ListFormat("en");

/** @param {State} state @returns {Phase} Where the session stands, as src/session.rs names it. */
export function phase(state) {
  const { status } = state.run;
  if (status === "starting" || status === "running" || status === "stopping") return "running";
  if (status === "paused") return "paused";
  if (status === "done") return "trained";
  const model = state.model.info !== null;
  const data = state.data.dataset !== null;
  if (model && data) return "ready";
  return model ? "model" : data ? "data" : "empty";
}

/** Whether step 2 shows a table or columns that were refused, so that training uses others. @param {DataState} data */
export function showsRefused({ dataset, mapping, error }) {
  return error !== null && dataset !== null && mapping !== dataset.mapping;
}

/** Whether there is a data set, which step 2 shows, and no field of its form in the way of training. @param {DataState} data */
export function hasData(data) {
  return data.dataset !== null && Object.keys(data.mistakes).length === 0 && !showsRefused(data);
}

/** @param {State} state @returns {boolean} Whether a run is on, so that model, data and device must stay as they are. */
export function isBusyTraining(state) {
  return phase(state) === "running" || phase(state) === "paused";
}

/** @param {State} state @returns {import("./protocol.js").Task} The task that the next run learns. */
export function taskAtHand({ data }) {
  return data.dataset?.mapping.task ?? data.mapping?.task ?? "classification";
}

/** What is wrong in the form of hyperparameters: by itself, or for the open model. @param {State} state @returns {Record<string, string>} */
export function recipeMistakes({ recipe, model }) {
  return { ...beyondModel(recipe, model.info), ...recipe.mistakes };
}

/** @param {State} state @returns {string[]} Fields with a mistake, but for those that the task or the method does not use. */
export function mistakesShown(state) {
  const { fields, draft } = state.recipe;
  const used = usedBy(draft, taskAtHand(state));
  const idle = new Set(fields.filter((field) => !used(field)).map(({ name }) => name));
  return Object.keys(recipeMistakes(state)).filter((name) => !idle.has(name));
}

/** What is to be done before there is a data set. @param {DataState} data */
function withoutData({ table, loading, mapping_busy: busy, error }) {
  if (loading || busy) return "The data is still being read.";
  if (error) return "Step 2 says what is wrong with the data. Correct that first.";
  return table ? "Choose the columns in step 2 first." : "Choose your data in step 2, or load the example.";
}

/**
 * What still stands between the user and training, as one sentence; null when nothing does.
 *
 * @param {State} state @returns {string|null}
 */
export function obstacle(state) {
  if (state.dead) return "The training engine has stopped. Start it again first.";
  if (state.model.loading) return "The model is still loading.";
  if (!state.model.info) return "Open a model in step 1 first.";
  if (!state.data.dataset) return withoutData(state.data);
  if (state.data.mapping_busy || state.data.loading) return "The data is still being read.";
  const unread = Object.keys(state.data.mistakes);
  if (unread.length > 0) {
    return `Correct ${listed.format(unread.map((field) => HELD[/** @type {Held} */ (field)]))} in step 2 first.`;
  }
  if (state.device.busy) return "The device is still being set up.";
  if (state.device.error && !state.device.info) return "Choose a device that can be used under “Runs on” first.";
  const wrong = mistakesShown(state);
  if (wrong.length > 0) {
    const names = state.recipe.fields.filter((field) => wrong.includes(field.name)).map((field) => field.label);
    return `Correct ${listed.format(names)} in step 3 first.`;
  }
  if (Object.keys(state.several.mistakes).length > 0) return "Correct “Several runs” in step 3 first.";
  return null;
}
