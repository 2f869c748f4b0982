// Runs that survive: each is kept while it goes, and goes on after whatever ended it.

import { local } from "./world.js";
import { bestOf, describe, mainScores } from "../scores.js";
import { newSearch } from "../search.js";
import { isBusyTraining } from "../standing.js";
import { writeHistory } from "../projects/history.js";
import { resultOf } from "../projects/keeping.js";
import { mistake } from "../mistake.js";

/**
 * @typedef {import("./world.js").KeepingWorld} World
 * @typedef {import("../protocol.js").Method} Method
 *
 * @typedef {object} Means  Other actions that are needed on the way.
 * @property {() => Promise<void>} flush
 * @property {() => Promise<void>} refresh
 * @property {(id: string) => Promise<import("../projects/record.js").Project>} openWhole
 * @property {() => Promise<boolean>} adapterReturns  Waits until the browser has a GPU to give again.
 * @property {(choice: import("../state.js").DeviceChoice) => Promise<boolean>} setUp  Sets a device up in a fresh engine, and opens all there.
 * @property {() => Promise<void>} train
 * @property {(name: string, value: string) => Promise<void>} changeField
 */

/** How often the GPU may go away before the user is asked. */
const MOST_LOSSES = 1;

const NO_GPU = mistake(
  "device",
  "The GPU was lost, and the browser gives out none until it is started again. Use the CPU until then.",
);

/** @param {World} world @param {Means} means */
export function goingOnActions({ client, keeper, interval_ms, dispatch, state }, means) {
  /** Of the run that is on: its project and its own id. @type {{id: string, run: string}|null} */
  let current = null;
  let losses = 0;
  /** Whether the curves of the run that is over could not be written. */
  let unwritten = false;
  /** Whether its model is being kept after all. */
  let trying = false;
  /** The last try to go on, until it is over. @type {Promise<void>} */
  let going = Promise.resolve();

  /** @param {Partial<import("../state.js").ProjectsState>} change */
  const say = (change) => dispatch({ type: "projects", change });

  /** @param {(sender: MessagePort) => Promise<{id: string, run: string}>} take */
  async function keepRun(take) {
    try {
      const { port1, port2 } = new MessageChannel();
      const { id, run } = (current = await take(port1));
      const { current: project } = state().projects;
      if (project) say({ current: { ...project, run } });
      unwritten = false;
      say({ home: { id, run, kept: null } });
      await client.keep(port2, state().run.subject?.base ?? "", interval_ms);
    } catch (thrown) {
      notKept();
      say({ trouble: local(thrown)?.message ?? null });
    }
  }

  /** The model of the run that is over has no place in its project, for now. */
  function notKept() {
    const { home } = state().projects;
    if (home) say({ home: { ...home, kept: false } });
  }

  /** What became of the model that the engine sent away. @param {import("../protocol.js").Mistake|null} mistake */
  function resultKept(mistake) {
    const { run, projects } = state();
    // It is that of the run before.
    if (run.status !== "done") return;
    if (mistake || unwritten) notKept();
    else if (projects.home) say({ home: { ...projects.home, kept: true } });
    // Its project was deleted meanwhile, which is no trouble with the storage.
    if (mistake && !projects.home) say({ trouble: null });
  }

  /** @returns {Promise<void>} */
  async function begun() {
    current = null;
    losses = 0;
    const { begun, subject } = state().run;
    // The browser may ask the user, who need not answer for training to go on.
    globalThis.navigator?.storage?.persist?.().catch(() => false);
    await means.flush();
    const project = state().projects.current;
    if (!project || !subject || state().run.begun !== begun) return;
    const { model, task, method } = subject;
    await keepRun(async (sender) => ({
      id: project.id,
      run: await keeper.beginRun(project.id, { model, task, method }, sender),
    }));
    // A short run may be over before it is written down.
    if (state().run.begun === begun && state().run.done) await ended();
  }

  async function ended() {
    const kept = current;
    current = null;
    if (kept && state().run.done) {
      try {
        await writeEnd(kept);
      } catch (thrown) {
        unwritten = true;
        notKept();
        say({ trouble: local(thrown)?.message ?? null });
      }
    }
    await means.refresh();
  }

  /** @param {{id: string, run: string}} of */
  async function writeEnd({ id, run: runId }) {
    const { run, scores } = state();
    const main = mainScores(run.epochs);
    const best = main && bestOf(main.values, describe(scores, main.name));
    const score = main && best ? { name: main.name, value: run.done?.metrics?.[main.name] ?? best.value } : null;
    const status = run.done?.reason === "stopped" ? "stopped" : "done";
    await keeper.endRun(id, runId, { status, score }, writeHistory(run));
  }

  /** Whether the model that could not be kept may be kept now: something else was written since, or there is more room. */
  function isWorthATry() {
    const { run, projects } = state();
    const { home, current: open, busy, trouble } = projects;
    if (home?.kept !== false || home.id !== open?.id || run.status !== "done" || run.stored) return false;
    // Browsers do not tell how much room there is. What fails is trouble, which the next writing that succeeds ends.
    return trouble === null && !busy && !trying && client.hasResult();
  }

  /** Writes down the run that is over, and keeps its model. */
  async function keepAfterAll() {
    const { run, projects } = state();
    const { home } = projects;
    if (!home) return;
    const isThere = () => state().run.done === run.done && state().projects.home === home;
    const base = run.subject?.base ?? "";
    const files = await resultOf(
      () => client.exportFiles(base),
      () => client.exportAdapter(base),
    );
    if (!isThere()) return;
    // Nothing comes in between: a run that begins meanwhile is not to be taken for an earlier one.
    await Promise.all([writeEnd(home), keeper.putResult(home.id, home.run, files)]);
    unwritten = false;
    if (isThere()) say({ home: { ...home, kept: true } });
    await means.refresh();
  }

  function goOn() {
    return (going = tryToGoOn());
  }

  async function tryToGoOn() {
    const { offer, current: open, busy } = state().projects;
    if (!offer || busy || isBusyTraining(state())) return;
    say({ busy: "Opening", error: null });
    try {
      const reopened = open?.id === offer.id && state().model.info && state().data.dataset;
      if (!reopened) await means.openWhole(offer.id);
      const checkpoint = await keeper.checkpoint(offer.id, offer.run);
      if (!checkpoint) {
        throw mistake(
          "file",
          "What was kept of this run is damaged, so it cannot go on. Train it again: all else is there.",
        );
      }
      dispatch({ type: "run", change: { status: "starting", prepare: null, error: null } });
      const { info, events, search } = await client.resumeRun(checkpoint.bytes, (prepare) =>
        dispatch({ type: "run", change: { prepare } }),
      );
      const method = /** @type {Method} */ (state().recipe.draft.method ?? "full");
      // From here on it is this run that breaks if the engine does.
      current = { id: offer.id, run: offer.run };
      // Of several runs, each tells by itself how it was set up.
      if (search) dispatch({ type: "run_started", info: null, method, search: newSearch(search.info, search.base) });
      else dispatch({ type: "run_started", info, method });
      dispatch({ type: "events", events });
      const said = checkpoint.torn ? "The newest checkpoint was damaged, so the one before it was used." : null;
      const { step, of_search } = checkpoint.info;
      say({ busy: null, said, kept: { step, of_search, at: checkpoint.saved } });
      await keepRun(async (sender) => {
        await keeper.goOn(offer.id, offer.run, sender);
        return offer;
      });
    } catch (thrown) {
      if (state().run.status === "starting") dispatch({ type: "run", change: { status: "failed" } });
      say({ busy: null, error: local(thrown) });
    }
  }

  /**
   * Offers what can go on of the project whose run has just broken: that run or, where nothing is kept of it yet, the one before.
   *
   * @returns {Promise<boolean>} Whether it is that run.
   */
  async function offerAgain() {
    const broken = current;
    current = null;
    if (!broken) return false;
    const offer = await keeper.offer(broken.id).catch(() => null);
    const same = offer?.run === broken.run;
    say({ offer: same ? { ...offer, lost: losses } : offer });
    return same;
  }

  /** The GPU went away under a run: it is set up again once, then the user is asked. */
  async function recover() {
    losses += 1;
    const same = await offerAgain();
    if (losses > MOST_LOSSES) return;
    if ((await setUpAgain()) && same) await goOn();
  }

  /** Sets up the device that was chosen, after its GPU was lost; false, and the user is told, if it is not to be had. */
  async function setUpAgain() {
    const { choice } = state().device;
    say({ busy: "Setting the GPU up again", error: null });
    // Whoever leaves the choice to the page is given the CPU where no GPU comes back.
    const there = (await means.adapterReturns()) || choice !== "gpu";
    if (!there) dispatch({ type: "device", change: { info: null, error: NO_GPU } });
    const ready = there && (await means.setUp(choice));
    const { offer } = state().projects;
    say({ busy: null, offer: offer && { ...offer, no_gpu: !ready } });
    return ready;
  }

  return {
    begun,
    offerAgain,

    /** Called whenever something has changed: a model that there was no room for is kept as soon as there is some. */
    async watchResult() {
      if (!isWorthATry()) return;
      trying = true;
      try {
        await keepAfterAll();
      } catch (thrown) {
        say({ trouble: local(thrown)?.message ?? null });
      }
      trying = false;
    },

    /** Goes on with the run that is offered. */
    async goOn() {
      const { offer } = state().projects;
      // Whoever has chosen the CPU meanwhile has a device already.
      const gone = state().device.choice !== "cpu" && (offer?.no_gpu || (offer?.lost ?? 0) > MOST_LOSSES);
      if (!gone || (await setUpAgain())) await goOn();
    },

    /** Ends when nothing is on its way into the engine to be gone on with. */
    wentOn: () => going,

    /** What the events of a run mean for what is kept. @param {import("../client.js").Event[]} events */
    async follow(events) {
      for (const event of events) {
        if (event.type === "done") await ended();
        else if (event.type === "failed" && event.mistake.kind === "device") await recover();
        else if (event.type === "failed") await offerAgain();
        else if (event.type === "kept" && !event.info) resultKept(event.mistake);
      }
    },

    async discard() {
      const { offer } = state().projects;
      if (!offer) return;
      say({ offer: null });
      await keeper.discard(offer.id, offer.run).catch((thrown) => say({ error: local(thrown) }));
      await means.refresh();
    },

    /** After the GPU went away twice, or for good. */
    async goOnWithCpu() {
      say({ busy: "Moving to the CPU", error: null });
      const ready = await means.setUp("cpu");
      say({ busy: null });
      if (ready) await goOn();
    },

    /** A run of another batch size is another run: it starts from the beginning. */
    async startSmaller() {
      const size = Math.max(1, Math.floor(Number(state().recipe.draft.batch_size) / 2));
      if (!(await setUpAgain())) return;
      await means.changeField("batch_size", String(size));
      await means.train();
    },
  };
}
