// What the user can do: each action asks the worker and puts the answer, or the mistake, into the state.

import { fileName, save, zipped } from "./download.js";
import { EXAMPLE_NAME, readExample } from "./example.js";
import { listKept, removeKept } from "./hub.js";
import { sortFiles } from "./intake.js";
import { asMistake, mistake } from "./mistake.js";
import { bytesOf, modelOfFiles, modelOfHub, modelOfThePage } from "./models.js";
import { draftOf, readDraft } from "./recipe.js";
import { isBusyTraining, obstacle } from "./state.js";
import { tooLarge } from "./stream.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {import("./protocol.js").Mapping} Mapping
 * @typedef {import("./models.js").ModelSource} ModelSource
 * @typedef {{name: string, read: () => Promise<Uint8Array<ArrayBuffer>>}} TableSource
 * @typedef {{source: TableSource, mapping: Mapping, used: boolean}} OpenedTable  `used`: its columns made a data set.
 * @typedef {{client: import("./client.js").Client, dispatch: (action: import("./state.js").Action) => void,
 *   state: () => import("./state.js").State}} World
 */

/** A table is held as bytes and as rows; more than this does not fit beside a model. */
const LARGEST_TABLE = 200e6;
const BUSY = mistake("order", "A run is on. Stop it first; the best weights so far are kept.");

/** @param {World} world */
export function createActions(world) {
  const models = modelActions(world);
  const data = dataActions(world);
  const device = deviceActions(world);
  const recipes = recipeActions(world);

  /** Opens everything again after the worker died: the sources were kept for this. */
  async function revive() {
    world.dispatch({ type: "revived" });
    await device.chooseDevice(world.state().device.choice);
    await models.reopen();
    await data.reopen();
  }

  /** Readies the page: device, form and the default encoder. */
  async function begin() {
    // Whoever saves data is not made to load an encoder that may not be wanted.
    const saving = /** @type {{connection?: {saveData?: boolean}}} */ (navigator).connection?.saveData === true;
    // The worker answers in turn, so the device is there before the model's bytes are.
    const started = [device.findDevices(), recipes.loadFields(), device.chooseDevice(world.state().device.choice)];
    if (!saving) started.push(models.openDefaultModel());
    await Promise.all(started);
  }

  /** Takes files of unknown kind, as a drop anywhere on the page brings them. @param {import("./intake.js").Found[]} found */
  async function take(found) {
    try {
      const intake = sortFiles(found);
      if (intake.kind === "table") await data.openTableFile(intake.file);
      else await models.openModelFiles(intake.files, intake.name);
    } catch (thrown) {
      world.dispatch({ type: "data", change: { error: asMistake(thrown, "file", "Try again.") } });
    }
  }

  return { ...models, ...data, ...device, ...recipes, ...runActions(world), ...resultActions(world), begin, revive, take };
}

/** @typedef {ReturnType<typeof createActions>} Actions */

/** A mistake to be shown where it arose; null when the worker died, which the page says in one place. @param {unknown} thrown */
function local(thrown) {
  const cause = asMistake(thrown, "file", "Try again.");
  return cause.kind === "worker" ? null : cause;
}

/** @param {World} world */
function deviceActions({ client, dispatch, state }) {
  return {
    async findDevices() {
      try {
        dispatch({ type: "device", change: { choices: await client.devices() } });
      } catch (thrown) {
        dispatch({ type: "device", change: { error: local(thrown) } });
      }
    },

    /** @param {import("./state.js").DeviceChoice} choice */
    async chooseDevice(choice) {
      if (isBusyTraining(state())) return;
      dispatch({ type: "device", change: { choice, busy: true, error: null } });
      try {
        const info = await client.startDevice(choice);
        dispatch({ type: "device", change: { info, busy: false } });
      } catch (thrown) {
        dispatch({ type: "device", change: { busy: false, error: local(thrown) } });
      }
    },
  };
}

/** @param {World} world */
function modelActions({ client, dispatch, state }) {
  /** @type {ModelSource|null} */
  let opened = null;
  let latest = 0;

  /** @param {ModelSource} source */
  async function openModel(source) {
    if (isBusyTraining(state())) return dispatch({ type: "model", change: { error: BUSY } });
    const mine = (latest += 1);
    const loading = (/** @type {import("./protocol.js").Progress|null} */ progress) => {
      if (mine === latest) dispatch({ type: "model", change: { loading: { name: source.name, progress } } });
    };
    dispatch({ type: "model", change: { error: null } });
    loading(null);
    try {
      const files = await source.read(loading);
      if (mine !== latest) return;
      loading({ done: 0, total: null, what: "Opening the model" });
      const info = await client.openModel(files, source.name, loading);
      opened = source;
      dispatch({ type: "model_opened", info });
      await countTokens();
    } catch (thrown) {
      if (mine === latest) dispatch({ type: "model", change: { loading: null, error: local(thrown) } });
    }
    dispatch({ type: "model", change: { kept: await listKept() } });
  }

  /** With a tokenizer at hand the data's lengths are known, too. */
  async function countTokens() {
    const { dataset, table, error } = state().data;
    if (!dataset || error || table?.name !== dataset.table) return;
    dispatch({ type: "data", change: { dataset: { ...dataset, info: await client.mapColumns(dataset.mapping) } } });
  }

  return {
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
    openHubModel: (repo) => openModel(modelOfHub(repo)),

    /** @param {string} repo */
    async forgetModel(repo) {
      await removeKept(repo);
      dispatch({ type: "model", change: { kept: await listKept() } });
    },

    reopen: () => openModel(opened ?? modelOfThePage()),
  };
}

/** @param {World} world */
function dataActions({ client, dispatch, state }) {
  /** @type {OpenedTable|null} */
  let opened = null;
  /** @type {OpenedTable|null} */
  let previous = null;
  let latest = 0;

  /** @param {TableSource} source @param {Mapping|null} mapping The columns to use; null for the engine's guess. */
  async function openTable(source, mapping = null) {
    if (isBusyTraining(state())) return dispatch({ type: "data", change: { error: BUSY } });
    dispatch({ type: "data", change: { loading: source.name, error: null } });
    try {
      const table = await client.openTable(await source.read(), source.name);
      if (opened?.used && opened.source !== source) previous = opened;
      opened = { source, mapping: mapping ?? table.mapping, used: false };
      dispatch({ type: "data", change: { table, loading: null, previous: previous?.source.name ?? null } });
      await changeMapping(opened.mapping);
    } catch (thrown) {
      dispatch({ type: "data", change: { loading: null, error: local(thrown) } });
    }
  }

  /** @param {Mapping} mapping */
  async function changeMapping(mapping) {
    const mine = (latest += 1);
    dispatch({ type: "data", change: { mapping, mapping_busy: true, error: null } });
    try {
      const info = await client.mapColumns(mapping);
      if (mine !== latest) return;
      if (opened) opened = { ...opened, mapping, used: true };
      const table = state().data.table?.name ?? "";
      dispatch({ type: "data", change: { dataset: { info, table, mapping }, mapping_busy: false } });
    } catch (thrown) {
      if (mine === latest) dispatch({ type: "data", change: { mapping_busy: false, error: local(thrown) } });
    }
  }

  return {
    changeMapping,

    /** @param {File} file */
    openTableFile: (file) => {
      const read = async () => {
        if (file.size > LARGEST_TABLE) throw tooLarge(file.name, file.size, LARGEST_TABLE);
        return bytesOf(file);
      };
      return openTable({ name: file.name, read });
    },

    openExample: () => openTable({ name: EXAMPLE_NAME, read: readExample }),

    async goBack() {
      if (previous) await openTable(previous.source, previous.mapping);
    },

    async reopen() {
      if (opened) await openTable(opened.source, opened.mapping);
    },
  };
}

/** @param {World} world */
function recipeActions({ client, dispatch, state }) {
  /** Checks a draft here for its form and in the engine for its meaning. @param {Record<string, string|boolean>} draft */
  async function take(draft) {
    const { fields, defaults } = state().recipe;
    const { recipe, mistakes } = readDraft(fields, defaults, draft);
    dispatch({ type: "recipe", change: { draft, mistakes } });
    const found = await client.checkRecipe(recipe).catch(() => []);
    if (state().recipe.draft !== draft) return;
    const words = Object.fromEntries(found.map(({ field, message }) => [field ?? "", message]));
    dispatch({ type: "recipe", change: { mistakes: { ...words, ...mistakes } } });
  }

  return {
    async loadFields() {
      try {
        const { fields, defaults } = await client.recipeFields();
        dispatch({ type: "recipe", change: { fields, defaults, draft: draftOf(fields, defaults), mistakes: {} } });
      } catch (thrown) {
        dispatch({ type: "device", change: { error: local(thrown) } });
      }
    },

    /** @param {string} name @param {string|boolean} value */
    changeField: (name, value) => take({ ...state().recipe.draft, [name]: value }),

    resetRecipe: () => take(draftOf(state().recipe.fields, state().recipe.defaults)),
  };
}

/** @param {World} world */
function runActions({ client, dispatch, state }) {
  /** @param {() => Promise<unknown>} work @param {import("./run.js").RunStatus} otherwise  Status if it fails. */
  async function attempt(work, otherwise) {
    try {
      await work();
    } catch (thrown) {
      const error = local(thrown);
      if (error) dispatch({ type: "run", change: { status: otherwise, error } });
    }
  }

  return {
    async train() {
      if (isBusyTraining(state()) || obstacle(state())) return;
      const { status } = state().run;
      const { fields, defaults, draft } = state().recipe;
      const { recipe } = readDraft(fields, defaults, draft);
      dispatch({ type: "run", change: { status: "starting", error: null } });
      await attempt(async () => dispatch({ type: "run_started", info: await client.start(recipe) }), status);
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

/** @param {World} world */
function resultActions({ client, dispatch, state }) {
  /** @param {"predict"|"weights"|"zip"} busy @param {() => Promise<Partial<import("./state.js").ResultState>>} work */
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

  const name = () => fileName(`${state().model.info?.name.split("/").at(-1) ?? "model"}-${fileName(state().data.dataset?.table ?? "")}`);

  return {
    /** @param {string} text */
    predict: (text) => attempt("predict", async () => ({ prediction: (await client.predict([text]))[0] ?? null })),

    saveWeights: () =>
      attempt("weights", async () => {
        const weights = (await client.exportFiles()).find(({ path }) => path.endsWith(".safetensors"));
        if (!weights) throw mistake("file", "The engine made no weights file. Train again.");
        save(new Blob([weights.bytes], { type: "application/octet-stream" }), "model.safetensors");
        return { saved: "model.safetensors" };
      }),

    saveZip: () =>
      attempt("zip", async () => {
        const saved = `${name()}.zip`;
        save(await zipped(await client.exportFiles()), saved);
        return { saved };
      }),
  };
}
