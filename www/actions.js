// What the user can do: each action asks the worker and puts the answer, or the mistake, into the state.

import { dataActions } from "./actions/data.js";
import { awakeActions } from "./actions/awake.js";
import { deviceActions } from "./actions/device.js";
import { goingOnActions } from "./actions/going-on.js";
import { measureActions } from "./actions/measure.js";
import { missActions } from "./actions/misses.js";
import { modelActions } from "./actions/model.js";
import { projectActions } from "./actions/projects.js";
import { pythonActions } from "./actions/python.js";
import { recipeActions } from "./actions/recipe.js";
import { resultActions } from "./actions/result.js";
import { runActions } from "./actions/run.js";
import { severalActions } from "./actions/several.js";
import { sheetActions } from "./actions/sheet.js";
import { adapterReturns } from "./devices.js";
import { sortFiles } from "./intake.js";
import { asMistake } from "./mistake.js";
import { isBusyTraining, obstacle } from "./standing.js";
import { whatIsIn } from "./zips.js";

/** @typedef {import("./actions/world.js").KeepingWorld} World */

const ZIP = /\.zip$/iu;

/** @param {World} world */
export function createActions(world) {
  const data = dataActions(world);
  const models = modelActions(world, data.countTokens);
  const device = deviceActions(world);
  const recipes = recipeActions(world);
  const results = resultActions(world);
  const several = severalActions(world, recipes.takeDraft);

  /** Opens everything in the engine of another device. */
  async function replay() {
    await models.replay();
    await data.reopen();
  }

  /** Opens everything again after the worker died: the sources were kept for this. */
  async function revive() {
    world.dispatch({ type: "revived" });
    // What was opening a project when the engine died fails first, and what would open one waits until all this is there: or
    // one would open over the other.
    await Promise.all([goingOn.wentOn(), projects.attempted()]);
    world.dispatch({ type: "projects", change: { busy: "Starting", error: null } });
    await device.chooseDevice(world.state().device.choice, replay);
    await models.reopen();
    await data.reopen();
    world.dispatch({ type: "projects", change: { busy: null } });
  }

  /** Readies the page: device, form and the default encoder. */
  async function begin() {
    // Whoever saves data is not made to load an encoder that may not be wanted.
    const saving = /** @type {{connection?: {saveData?: boolean}}} */ (navigator).connection?.saveData === true;
    // The worker answers in turn, so the device is there before the model's bytes are.
    const started = [
      device.findDevices(),
      recipes.loadFields(),
      device.chooseDevice(world.state().device.choice, replay),
      projects.beginProjects(),
    ];
    if (!saving) started.push(models.openDefaultModel());
    await Promise.all(started);
  }

  /**
   * Takes files of unknown kind, as a drop anywhere on the page brings them.
   *
   * @param {import("./intake.js").Found[]} found
   * @returns {Promise<"projects"|"model"|"data">} What has taken them, and says it if it could not.
   */
  async function take(found) {
    try {
      const [{ file }] = found.length === 1 ? found : [{ file: null }];
      const zip = file && ZIP.test(file.name) ? await whatIsIn(file, await unzipper()) : null;
      if (file && zip?.is === "project") {
        await projects.importProject(file);
        return "projects";
      }
      const intake = sortFiles(file && zip?.is === "model" ? await unpackModel(file.name, zip.found) : found);
      if (intake.table) await data.openTableFile(intake.table);
      if (intake.model) await models.openModelFiles(intake.model.files, intake.model.name);
      return intake.model && !(intake.table && world.state().data.error) ? "model" : "data";
    } catch (thrown) {
      const error = asMistake(thrown, "file", "Try again.");
      const type = error.kind === "model" ? "model" : "data";
      world.dispatch({ type, change: { error } });
      return type;
    }
  }

  /** @param {string} name @param {() => Promise<import("./intake.js").Found[]>} unpack */
  async function unpackModel(name, unpack) {
    const progress = { done: 0, total: null, what: "Unpacking" };
    world.dispatch({ type: "model", change: { error: null, loading: { name, progress } } });
    try {
      return await unpack();
    } finally {
      world.dispatch({ type: "model", change: { loading: null } });
    }
  }

  /** Another device may be the one that a model waited for. @param {import("./state.js").DeviceChoice} choice */
  async function chooseDevice(choice) {
    await device.chooseDevice(choice, replay);
    if (world.state().device.info) await models.openWanted();
  }

  const runs = runActions(world, recipes.settled);
  const projects = projectActions(world, { ...data, ...models, ...recipes, ...several });

  async function train() {
    // Nothing is opened again for a run that cannot start.
    if (obstacle(world.state())) return;
    await data.useShown();
    await runs.train();
    // What is kept comes behind: training does not wait for it.
    if (isBusyTraining(world.state())) goingOn.begun();
  }

  const measuring = measureActions(world, results.openKept);
  const goingOn = goingOnActions(world, {
    ...projects,
    ...recipes,
    train,
    adapterReturns,
    setUp: (choice) => device.chooseDevice(choice, replay),
  });

  /** Called after each change of what the page shows. */
  function watch() {
    recipes.watch();
    projects.watchProject();
  }

  return {
    ...models,
    ...data,
    ...recipes,
    ...several,
    ...runs,
    ...results,
    ...projects,
    ...goingOn,
    ...awakeActions(world),
    ...sheetActions(world, results.openKept),
    ...measuring,
    ...missActions(world, results.openKept, data.sourceInUse, measuring.measuredSource),
    ...pythonActions(world),
    begin,
    chooseDevice,
    revive,
    train,
    take,
    watch,
  };
}

/** What reads zips, which few pages need. */
async function unzipper() {
  return (await import("./pkg/vendor/unzipit.js")).unzipRaw;
}

/** @typedef {ReturnType<typeof createActions>} Actions */
