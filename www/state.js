// The page's whole state and the one pure function that changes it: (state, action) → state.

import { AS_FOUND } from "./dialect.js";
import { NO_RESULT, forAnother } from "./outcome.js";
import { addEvents, idleRun } from "./run.js";
import { ONE_RUN } from "./several.js";
import { isBusyTraining, phase } from "./standing.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Mapping} Mapping
 * @typedef {import("./protocol.js").Dialect} Dialect
 * @typedef {import("./mapping.js").Held} Held
 * @typedef {import("./protocol.js").Recipe} Recipe
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./run.js").RunState} RunState
 * @typedef {import("./outcome.js").ResultState} ResultState
 * @typedef {import("./outcome.js").SheetState} SheetState
 * @typedef {import("./outcome.js").MissState} MissState
 * @typedef {import("./outcome.js").MeasureState} MeasureState
 * @typedef {"auto"|"gpu"|"cpu"} DeviceChoice
 */

/**
 * @typedef {object} DeviceState
 * @property {DeviceChoice} choice
 * @property {import("./protocol.js").DeviceChoices|null} choices
 * @property {import("./protocol.js").DeviceInfo|null} info
 * @property {boolean} busy
 * @property {Mistake|null} error
 */

/**
 * @typedef {object} ModelState
 * @property {import("./protocol.js").ModelInfo|null} info   The open model; it stays while another one loads or fails.
 * @property {string} base                                   What an adapter for it names it by.
 * @property {{name: string, progress: Progress|null}|null} loading
 * @property {Mistake|null} error
 * @property {import("./models.js").Kept[]} kept             Encoders kept in browser storage.
 */

/**
 * What training uses. It stays while another table or mapping fails.
 *
 * @typedef {{info: import("./protocol.js").DatasetInfo, table: string, mapping: Mapping}} DatasetState
 */

/**
 * @typedef {object} DataState
 * @property {import("./protocol.js").TableInfo|null} table
 * @property {Dialect} asked                  How its file was to be read.
 * @property {{name: string, asked: Dialect}|null} refused  A file that could not be read so.
 * @property {Mapping|null} mapping           As the form shows it.
 * @property {DatasetState|null} dataset
 * @property {string|null} loading            Name of the file that is being read.
 * @property {Progress|null} progress         How far that is.
 * @property {Progress|null} counting         How many of the texts have been tokenized, while that goes on.
 * @property {boolean} mapping_busy
 * @property {Partial<Record<Held, string>>} mistakes  Field of the form to sentence.
 * @property {Mistake|null} error
 * @property {string|null} previous           Name of the table one can go back to.
 */

/**
 * @typedef {object} RecipeState
 * @property {import("./protocol.js").RecipeField[]} fields
 * @property {Recipe} defaults
 * @property {Record<string, string|boolean>} draft  What stands in the form.
 * @property {Record<string, string>} mistakes       Field to sentence.
 * @property {import("./protocol.js").Suggestions|null} suggestions  For the open model and data.
 * @property {boolean} picking                       Whether a suggestion is on its way.
 */

/**
 * @typedef {object} ProjectsState
 * @property {import("./projects/summary.js").Summary[]} list   The one that was changed last comes first.
 * @property {{id: string, name: string, run: string|null}|null} current  Where this page's work is kept; `run`: the one that was
 *   started last.
 * @property {Offer|null} offer       A run that can go on.
 * @property {string|null} busy       What is being done, in words.
 * @property {string|null} trouble    Why work is not kept, in words.
 * @property {{step: number, of_search?: number[]|null, at: number}|null} kept  The newest checkpoint of the run that is on.
 * @property {Home|null} home         Where the model of the run that was started last belongs; null where that is nowhere.
 * @property {{usage: number, quota: number}|null} estimate
 * @property {string|null} said       What was done, in words.
 * @property {Mistake|null} error
 * @property {boolean} again          Whether the page may offer to open a project of an earlier visit.
 */

/**
 * A run of a project. `kept`: whether the model that an engine has of it is kept there; null until that is known.
 *
 * @typedef {{id: string, run: string, kept: boolean|null}} Home
 */

/**
 * A run that can go on. `lost`: how often the GPU went away under it; `no_gpu`: it did, and none comes back.
 *
 * @typedef {import("./projects/summary.js").Offer & {lost?: number, no_gpu?: boolean}} Offer
 */

/**
 * @typedef {object} State
 * @property {Mistake|null} dead     Why the worker died, until it was started again.
 * @property {DeviceState} device
 * @property {ModelState} model
 * @property {DataState} data
 * @property {RecipeState} recipe
 * @property {import("./several.js").SeveralState} several  The form for several runs.
 * @property {import("./protocol.js").ScoreWords[]} scores  What the scores of a report are called.
 * @property {[string, string][]} encodings  Of tables: their names, and whose they are.
 * @property {RunState} run
 * @property {boolean} had_result  Whether an engine has had a trained model: it answers in place of an open checkpoint's own head.
 * @property {ResultState} result
 * @property {ProjectsState} projects
 * @property {{able: boolean, wanted: boolean}} awake  The lock that keeps the screen on, and whether the user wants it.
 */

/**
 * @typedef {{type: "device", change: Partial<DeviceState>}
 *   | {type: "model", change: Partial<ModelState>}
 *   | {type: "model_opened", info: import("./protocol.js").ModelInfo, base: string}
 *   | {type: "data", change: Partial<DataState>}
 *   | {type: "recipe", change: Partial<RecipeState>}
 *   | {type: "several", change: Partial<import("./several.js").SeveralState>}
 *   | {type: "words", scores: import("./protocol.js").ScoreWords[], encodings: State["encodings"]}
 *   | {type: "run", change: Partial<RunState>}
 *   | {type: "run_started", info: import("./protocol.js").RunInfo|null, method: import("./protocol.js").Method,
 *      search?: import("./search.js").Search}
 *   | {type: "moved"}
 *   | {type: "events", events: import("./client.js").Event[]}
 *   | {type: "result", change: Partial<ResultState>}
 *   | {type: "projects", change: Partial<ProjectsState>}
 *   | {type: "awake", wanted: boolean}
 *   | {type: "restored", run: RunState}
 *   | {type: "sheet", change: Partial<SheetState>}
 *   | {type: "misses", change: Partial<MissState>}
 *   | {type: "measure", change: Partial<MeasureState>}
 *   | {type: "died", mistake: Mistake}
 *   | {type: "revived"}} Action
 */

/** @type {ProjectsState} */
const NO_PROJECTS = {
  list: [],
  current: null,
  offer: null,
  busy: null,
  trouble: null,
  kept: null,
  home: null,
  estimate: null,
  said: null,
  error: null,
  again: true,
};
/** @param {DeviceChoice} choice @returns {State} */
export function initialState(choice) {
  return {
    dead: null,
    device: { choice, choices: null, info: null, busy: true, error: null },
    model: { info: null, base: "", loading: null, error: null, kept: [] },
    data: {
      table: null,
      asked: AS_FOUND,
      refused: null,
      mapping: null,
      dataset: null,
      loading: null,
      progress: null,
      counting: null,
      mapping_busy: false,
      mistakes: {},
      error: null,
      previous: null,
    },
    recipe: { fields: [], defaults: {}, draft: {}, mistakes: {}, suggestions: null, picking: false },
    several: ONE_RUN,
    scores: [],
    encodings: [],
    run: idleRun(),
    had_result: false,
    result: NO_RESULT,
    projects: NO_PROJECTS,
    awake: { able: "wakeLock" in (globalThis.navigator ?? {}), wanted: false },
  };
}

/** @param {State} state @param {Action} action @returns {State} */
export function reduce(state, action) {
  switch (action.type) {
    case "device":
      return { ...state, device: { ...state.device, ...action.change } };
    case "model":
      return {
        ...state,
        model: { ...state.model, ...action.change },
        projects: action.change.loading?.progress === null ? unsaid(state.projects) : state.projects,
      };
    case "model_opened":
      // The result of the last run stays until another run is over.
      return {
        ...state,
        model: { ...state.model, info: action.info, base: action.base, loading: null, error: null },
        // What a checkpoint's own head said is not what another one says.
        result: state.run.status === "done" ? state.result : NO_RESULT,
      };
    case "data":
      return {
        ...state,
        data: { ...state.data, ...action.change },
        projects: action.change.loading ? unsaid(state.projects) : state.projects,
      };
    case "recipe":
      return { ...state, recipe: { ...state.recipe, ...action.change } };
    case "several":
      return { ...state, several: { ...state.several, ...action.change } };
    case "words":
      return { ...state, scores: action.scores, encodings: action.encodings };
    case "run":
      return { ...state, run: { ...state.run, ...action.change } };
    case "run_started":
      return {
        ...state,
        run: {
          ...idleRun(),
          status: "running",
          begun: Symbol("run"),
          info: action.info,
          subject: subject(state, action.method),
          search: action.search ?? null,
        },
        result: forAnother(state.result, state.data.dataset?.info.task),
        projects: { ...unsaid(state.projects), offer: null, kept: null, home: null },
      };
    case "events":
      return withoutBusy(afterEvents(state, action.events));
    case "result":
      return { ...state, result: { ...state.result, ...action.change } };
    case "projects":
      return { ...state, projects: { ...state.projects, ...action.change } };
    case "awake":
      return { ...state, awake: { ...state.awake, wanted: action.wanted } };
    case "restored":
      // Whatever was shown before goes: what can be tried and taken away is the model of this run, or none.
      return {
        ...state,
        run: action.run,
        had_result: state.had_result || action.run.stored !== null,
        result: NO_RESULT,
      };
    case "sheet":
      return { ...state, result: { ...state.result, sheet: { ...state.result.sheet, ...action.change } } };
    case "measure":
      return { ...state, result: { ...state.result, measure: { ...state.result.measure, ...action.change } } };
    case "misses":
      return { ...state, result: { ...state.result, misses: { ...state.result.misses, ...action.change } } };
    case "moved":
      // Nothing is open yet in the engine of the new device; the result is still where it was made.
      return {
        ...state,
        model: { ...state.model, info: null },
        data: { ...state.data, dataset: null, counting: null },
      };
    case "died":
      return afterDeath(state, action.mistake);
    case "revived":
      return { ...state, dead: null };
  }
}

/** What was said of projects is over when something else begins to be opened. @param {ProjectsState} projects @returns {ProjectsState} */
function unsaid(projects) {
  return { ...projects, error: null, said: null };
}

/** @param {State} state @param {import("./client.js").Event[]} events @returns {State} */
function afterEvents(state, events) {
  const run = addEvents(state.run, events);
  const had_result = state.had_result || events.some(({ type }) => type === "done" || type === "trial_done");
  const kept = events.filter((event) => event.type === "kept").at(-1);
  if (!kept) return { ...state, run, had_result };
  const { info, mistake } = kept;
  const trouble = mistake?.message ?? null;
  const newest =
    !mistake && info ? { step: info.step, of_search: info.of_search, at: Date.now() } : state.projects.kept;
  return { ...state, run, had_result, projects: { ...state.projects, trouble, kept: newest } };
}

/** Once a run is over, nothing was opened too early any more. @param {State} state @returns {State} */
function withoutBusy(state) {
  const { model, data } = state;
  const early = (/** @type {Mistake|null} */ error) => error?.kind === "order";
  if (isBusyTraining(state) || !(early(model.error) || early(data.error))) return state;
  return {
    ...state,
    model: early(model.error) ? { ...model, error: null } : model,
    data: early(data.error) ? { ...data, error: null } : data,
  };
}

/** @param {State} state @param {import("./protocol.js").Method} method @returns {import("./run.js").Subject|null} */
function subject({ model, data }, method) {
  if (!model.info || !data.dataset) return null;
  const { table, mapping, info } = data.dataset;
  const { task, pair } = mapping;
  return { model: model.info.name, base: model.base, table, data: info.hash, task, pairs: pair !== null, method };
}

/**
 * What is left when the worker dies: the curves stay to be looked at, everything that lived in the engine is gone; a model that
 * a project keeps did not.
 * Model and table names stay, since both are opened again.
 *
 * @param {State} state @param {Mistake} mistake @returns {State}
 */
function afterDeath(state, mistake) {
  const { run } = state;
  return {
    ...state,
    dead: mistake,
    device: { ...state.device, info: null, busy: false },
    model: { ...state.model, info: null, loading: null },
    data: { ...state.data, dataset: null, loading: null, progress: null, counting: null, mapping_busy: false },
    run: run.status === "idle" || (run.status === "done" && run.stored) ? run : { ...run, status: "failed" },
    had_result: false,
    result: NO_RESULT,
  };
}
