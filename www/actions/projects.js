// Work that survives: what is open is kept in a project by itself, and projects are opened, taken away and brought back.

import { fileName, save as handOver } from "../download.js";
import { modelOfHub, modelOfThePage } from "../models.js";
import { mistake } from "../mistake.js";
import { readHistory } from "../projects/history.js";
import { shownRun } from "../projects/record.js";
import { createLoans } from "../projects/loans.js";
import { offerAfter } from "../projects/offers.js";
import { formOf } from "../several.js";
import { idleRun } from "../run.js";
import { isBusyTraining } from "../standing.js";
import { visible } from "../visible.js";
import { BUSY, local } from "./world.js";

/**
 * @typedef {import("./world.js").KeepingWorld} World
 * @typedef {import("../projects/record.js").ModelRef} ModelRef
 * @typedef {import("../projects/record.js").Project} Project
 *
 * @typedef {object} Openers  The actions that projects are put together from.
 * @property {(source: import("../models.js").ModelSource) => Promise<void>} openModelAgain
 * @property {() => import("../models.js").ModelSource|null} modelInUse
 * @property {(source: import("./data.js").TableSource, mapping: import("../protocol.js").Mapping|null) => Promise<void>} openTableAgain
 * @property {() => import("./data.js").TableSource|null} sourceInUse
 * @property {() => import("./data.js").TableSource[]} sourcesAtHand
 * @property {(draft: Record<string, string|boolean>) => Promise<void>} takeDraft
 * @property {(form: import("../several.js").SeveralForm|null) => void} takeSeveral
 */

/** Changes are gathered for this long before they are written. */
const GATHER_MS = 400;
/** A model of the user is kept with its project up to this size; of a larger one, only its name and checksum. */
const LARGEST_KEPT = 500e6;
const NO_MODEL = mistake(
  "file",
  "The model of this run was not kept, so it can be neither tried nor downloaded. Train again, or continue where that is offered.",
);
/** What a project has that does not exist. @type {{source: unknown, model: unknown, mapping: unknown, draft: unknown, several: unknown}} */
const NOTHING = { source: null, model: null, mapping: null, draft: null, several: null };

/** @param {World} world @param {Openers} openers */
export function projectActions({ client, keeper, dispatch, state }, openers) {
  /** What the current project already has. */
  let kept = NOTHING;
  let timer = 0;
  /** What was open when its project was deleted, and is kept nowhere until something else is there or is trained on. @type {unknown[]|null} */
  let deleted = null;
  /** What was last begun to be written: what fails is not tried again until it changes. @type {unknown[]} */
  let tried = [];
  /** One write after the other. @type {Promise<unknown>} */
  let writing = Promise.resolve();
  /** Saving rests while a project is being opened: what is open is only half of it. */
  let resting = false;
  const loans = createLoans();

  /** @param {Partial<import("../state.js").ProjectsState>} change */
  const say = (change) => dispatch({ type: "projects", change });

  /** Why work is not kept is said once, beside the run. @param {unknown} thrown */
  const trouble = (thrown) => say({ trouble: local(thrown)?.message ?? null });

  /** The list that is on its way, and the one that is asked for after it. @type {Promise<void>} */
  let listing = Promise.resolve();
  /** @type {Promise<void>|null} */
  let next = null;

  /** Lists anew. However often it is asked for meanwhile, there is one more list after the one that is on its way. */
  function refresh() {
    next ??= listing.then(() => {
      next = null;
      return (listing = listNow());
    });
    return next;
  }

  async function listNow() {
    const before = state();
    try {
      const list = await keeper.list();
      const { usage = 0, quota = 0 } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
      say({ list, estimate: { usage, quota }, offer: offerAfter(list, before, state()) });
    } catch (thrown) {
      trouble(thrown);
    }
  }

  /** The table that is open, its columns, and both forms in words. */
  function atHand() {
    const { data, recipe, several } = state();
    const forms = [data.dataset?.mapping ?? null, recipe.draft, formOf(several)];
    return [openers.sourceInUse(), ...forms.map((form) => JSON.stringify(form))];
  }

  /** Whether there is only what the user has deleted. */
  function isDeleted() {
    const before = deleted;
    if (!before) return false;
    const same = !isBusyTraining(state()) && atHand().every((part, at) => part === before[at]);
    if (!same) deleted = null;
    return same;
  }

  /** Writes what has changed since it was written last. */
  async function save() {
    const { data, model, recipe, several } = state();
    const source = openers.sourceInUse();
    const { dataset } = data;
    if (!dataset || !source || isDeleted()) return;
    if (kept.source !== source) {
      const before = state().projects.current;
      const project = await keeper.place(source);
      if (before && before.id !== project.id) await keeper.close(before.id);
      kept = { ...NOTHING, source };
      say({ current: { id: project.id, name: project.name, run: null } });
    }
    const { current } = state().projects;
    if (!current) return;
    const opened = openers.modelInUse();
    if (opened && model.info && kept.model !== opened) {
      const { ref, files } = refOf(opened, model.info.sum ?? "");
      await keeper.saveModel(current.id, ref, files);
      kept = { ...kept, model: opened };
    }
    const forms = { mapping: dataset.mapping, draft: recipe.draft, several: formOf(several) };
    const written = { ...forms, several: JSON.stringify(forms.several) };
    if (Object.entries(written).some(([name, form]) => kept[/** @type {keyof typeof written} */ (name)] !== form)) {
      await keeper.save(current.id, forms);
      kept = { ...kept, ...written };
    }
  }

  /** @returns {Promise<void>} When all that is open is written, or the page has said why it is not. */
  function flush() {
    clearTimeout(timer);
    timer = 0;
    const done = writing
      .then(save)
      .then(() => (state().projects.trouble && !isBusyTraining(state()) ? say({ trouble: null }) : undefined), trouble);
    writing = done.then(refresh);
    return done;
  }

  /** What the user asked for last, until it is done. @type {Promise<void>} */
  let attempting = Promise.resolve();

  /** @param {unknown} thrown */
  const failed = (thrown) => say({ busy: null, error: local(thrown) });

  /** @param {string} busy @param {() => Promise<void>} work */
  async function attempt(busy, work) {
    if (!state().projects.busy) await (attempting = carryOut(busy, work));
  }

  /** @param {string} busy @param {() => Promise<void>} work */
  async function carryOut(busy, work) {
    say({ busy, error: null, said: null });
    try {
      await work();
      say({ busy: null });
    } catch (thrown) {
      failed(thrown);
    }
    await refresh();
  }

  /** @param {Project} project @param {import("../projects/keeper.js").OpenProject["model"]} files */
  function modelOf({ id, model }, files) {
    if (!model) return null;
    const name = visible(model.name, 80);
    if (model.from === "page") return modelOfThePage();
    if (model.from === "hub") return modelOfHub(model.name, client.shardNames);
    if (!files) throw mistake("model", `The files of ${name} that were kept here are damaged. Drop them again.`);
    if (files.length > 0) return loans.model(id, new Map(files), model.name);
    throw mistake("model", `${name} was too large to be kept here. Drop its files, then open the project again.`);
  }

  /** Opens all that a project holds. @param {string} id @returns {Promise<Project>} */
  async function open(id) {
    await flush();
    const before = state().projects.current;
    const { project, table, model, history } = await keeper.open(id);
    if (before && before.id !== id) await keeper.close(before.id);
    resting = true;
    try {
      if (!table || !project.table) {
        throw mistake("table", `The table of ${visible(project.name, 80)} is damaged. Drop it again.`);
      }
      const source = loans.table(id, table, project.table);
      await bringModel(project, model);
      await openers.openTableAgain(source, project.mapping);
      if (!state().data.dataset || openers.sourceInUse() !== source) throw state().data.error ?? BUSY;
      await openers.takeDraft(project.draft);
      openers.takeSeveral(project.several);
      kept = { ...NOTHING, source, model: openers.modelInUse() };
      deleted = null;
      say({ current: { id, name: project.name, run: null } });
      dispatch({ type: "restored", run: history ? restored(project, history) : idleRun() });
    } finally {
      resting = false;
    }
    return project;
  }

  /** @param {Project} project @param {import("../projects/keeper.js").OpenProject["model"]} files */
  async function bringModel(project, files) {
    const wanted = project.model;
    const same = () => state().model.info?.name === wanted?.name && state().model.info?.sum === wanted?.sum;
    if (!wanted || (state().model.info && !state().model.loading && same())) return;
    const source = modelOf(project, files);
    if (source) await openers.openModelAgain(source);
    if (state().model.error) throw state().model.error;
    // The engine died on the way, which the page says in one place.
    if (source && !state().model.info) throw mistake("worker", "");
    if (wanted.sum && state().model.info && !same()) {
      throw mistake("model", `${visible(wanted.name, 80)} is no longer the model that this project was made with.`);
    }
  }

  return {
    refresh,
    flush,
    openWhole: open,

    /** Ends when nothing is being done with projects. */
    attempted: () => attempting,

    /** Lists what earlier visits left. */
    async beginProjects() {
      try {
        await keeper.begin();
        await refresh();
      } catch (thrown) {
        trouble(thrown);
      }
    },

    /** Called whenever something has changed: what is worth keeping is kept a moment later. */
    watchProject() {
      if (timer || resting || state().dead) return;
      const { data, model, recipe, several } = state();
      const source = openers.sourceInUse();
      if (!data.dataset || !source || data.loading || data.mapping_busy || model.loading || isDeleted()) return;
      const forms = [data.dataset.mapping, recipe.draft, JSON.stringify(formOf(several))];
      const now = [source, ...forms, openers.modelInUse() ?? kept.model];
      const then = [kept.source, kept.mapping, kept.draft, kept.several, kept.model];
      if (now.every((part, at) => part === tried[at])) return;
      if (now.every((part, at) => part === then[at])) return;
      tried = now;
      timer = /** @type {any} */ (setTimeout(flush, GATHER_MS));
    },

    /** Whoever begins something new is not asked about what is old any more. */
    leaveAgain: () => say({ again: false }),

    /** @param {string} id */
    openProject: (id) =>
      attempt("Opening", async () => {
        if (isBusyTraining(state())) throw BUSY;
        await open(id);
      }),

    /** @param {string} id @param {string} name */
    renameProject: (id, name) =>
      attempt("Renaming", async () => {
        const project = await keeper.save(id, { name });
        const { current } = state().projects;
        if (current?.id === id) say({ current: { ...current, name: project.name } });
      }),

    /** @param {string} id */
    removeProject: (id) =>
      attempt("Deleting", async () => {
        const { current, list, home } = state().projects;
        if (current?.id === id && isBusyTraining(state())) throw BUSY;
        // What is still to be written of it is not written any more.
        clearTimeout(timer);
        timer = 0;
        await writing;
        await loans.copyAll(id, [...openers.sourcesAtHand(), openers.modelInUse()]);
        await keeper.remove(id);
        // A model that was kept nowhere else is gone.
        if (state().run.stored?.id === id) dispatch({ type: "restored", run: idleRun() });
        if (home?.id === id) say({ home: null });
        // What is open stays open, and is kept again once it changes or is trained on.
        if (current?.id === id) {
          kept = NOTHING;
          deleted = atHand();
          say({ current: null });
        }
        // There may be room now for what had none.
        await flush();
        say({ said: `${nameOf(list, id)} was deleted.` });
      }),

    /** @param {string} id */
    exportProject: (id) =>
      attempt("Exporting", async () => {
        const name = `${fileName(state().projects.list.find((one) => one.id === id)?.name ?? "project")}.tabtune.zip`;
        handOver(await keeper.export(id), name);
        say({ said: `${name} was handed to your browser’s downloads.` });
      }),

    /** @param {File} file */
    importProject: (file) =>
      attempt("Importing", async () => {
        const project = await keeper.import(file);
        say({ said: `${visible(project.name, 80)} was imported.` });
      }),
  };
}

/** @param {import("../projects/summary.js").Summary[]} list @param {string} id */
function nameOf(list, id) {
  return visible(list.find((one) => one.id === id)?.name ?? "The project", 80);
}

/** @param {import("../models.js").ModelSource} source @param {string} sum @returns {{ref: Omit<ModelRef, "files">, files: {path: string, source: File}[]}} */
function refOf({ name, base, from }, sum) {
  if (typeof from === "string") return { ref: { from, name, base, sum }, files: [] };
  const files = [...from].map(([path, source]) => ({ path, source }));
  const bytes = files.reduce((total, { source }) => total + source.size, 0);
  return { ref: { from: "files", name, base, sum }, files: bytes <= LARGEST_KEPT ? files : [] };
}

/** The run that is shown of a project. Without its model there is nothing to try or to take away. @param {Project} project @param {string} history */
function restored(project, history) {
  const run = readHistory(history);
  const shown = shownRun(project);
  if (shown && shown.result.length > 0) return { ...run, stored: { id: project.id, run: shown.id } };
  return { ...run, status: /** @type {const} */ ("failed"), error: NO_MODEL };
}
