// What the page knows of a run: the curves, epochs and figures that its events add up to. Pure.

import { large, percent, size } from "./format.js";
import { withDone, withStarted } from "./search.js";

/**
 * @typedef {import("./protocol.js").Mistake} Mistake
 * @typedef {"idle"|"starting"|"running"|"paused"|"stopping"|"done"|"failed"} RunStatus
 */

/**
 * @typedef {object} Subject  What was trained on what, and how.
 * @property {string} model
 * @property {string} base    What an adapter for that model names it by.
 * @property {string} table
 * @property {string|null} data  SHA-256 of its rows as they were used; null of runs of older projects.
 * @property {import("./protocol.js").Task} task
 * @property {boolean} pairs  Of two texts.
 * @property {import("./protocol.js").Method} method
 */

/**
 * Columns of the curves, one entry per step.
 *
 * @typedef {object} Curves
 * @property {number[]} step
 * @property {number[]} loss
 * @property {number[]} smooth          Exponential mean of the loss, corrected for its start.
 * @property {number[]} learning_rate
 */

/**
 * @typedef {object} RunState
 * @property {RunStatus} status
 * @property {symbol|null} begun  Of its own for each run or search that was started.
 * @property {import("./protocol.js").RunInfo|null} info
 * @property {Subject|null} subject
 * @property {Curves} curves
 * @property {import("./protocol.js").StepEvent|null} step          The latest.
 * @property {import("./protocol.js").EncodeEvent|null} encode      The latest, where texts are encoded once.
 * @property {import("./protocol.js").EvaluateEvent|null} evaluate  Null while training.
 * @property {import("./protocol.js").EpochEvent[]} epochs
 * @property {import("./protocol.js").DoneEvent|null} done
 * @property {{examples: number, tokens: number}} rates             Per second, over the last steps.
 * @property {{seconds: number, examples: number, tokens: number}[]} recent  Latest readings, for the rates.
 * @property {import("./search.js").Search|null} search  The runs that this is one of; null for a single run.
 * @property {import("./protocol.js").Progress|null} prepare  What is still to be done before the first step.
 * @property {{id: string, run: string}|null} stored  The project, and the run of it, that the trained model is kept with; null
 *   where it is in the engine that trained it.
 * @property {Mistake|null} error
 */

const RECENT = 30;

/**
 * What is seen of a run before it begins.
 *
 * @returns {Omit<RunState, "status"|"begun"|"info"|"subject"|"search"|"prepare"|"stored"|"error">}
 */
function nothingSeen() {
  return {
    curves: { step: [], loss: [], smooth: [], learning_rate: [] },
    step: null,
    encode: null,
    evaluate: null,
    epochs: [],
    done: null,
    rates: { examples: NaN, tokens: NaN },
    recent: [],
  };
}

/** @returns {RunState} */
export function idleRun() {
  const unknown = { begun: null, info: null, subject: null, search: null, prepare: null, stored: null, error: null };
  return { status: "idle", ...unknown, ...nothingSeen() };
}

/**
 * @param {RunState} run
 * @param {import("./client.js").Event[]} events
 * @returns {RunState}
 */
export function addEvents(run, events) {
  // The runs of a search follow one another, each with curves of its own.
  const turn = events.findIndex(({ type }) => type === "trial_started" || type === "trial_done");
  if (turn < 0) return addToRun(run, events);
  const before = addToRun(run, events.slice(0, turn));
  return addEvents(turned(before, events[turn]), events.slice(turn + 1));
}

/** A run of a search begins or is over. @param {RunState} run @param {import("./client.js").Event} event @returns {RunState} */
function turned(run, event) {
  const { search, subject } = run;
  if (!search) return run;
  if (event.type === "trial_started") {
    const method = /** @type {import("./protocol.js").Method} */ (event.changes.method ?? search.base.method ?? "full");
    const next = { ...run, ...nothingSeen(), info: event.run, subject: subject && { ...subject, method } };
    return { ...next, search: withStarted(search, event) };
  }
  if (event.type !== "trial_done") return run;
  const { status: _, begun: __, search: ___, error: ____, ...seen } = run;
  return { ...run, search: withDone(search, event, seen) };
}

/** @param {RunState} run @param {import("./client.js").Event[]} events @returns {RunState} */
function addToRun(run, events) {
  let next = { ...run };
  const steps = events.filter((event) => event.type === "step");
  if (steps.length > 0) {
    next.curves = addSteps(run.curves, steps, isFit(run) ? 0 : keepFor(steps[0].total_steps));
    next.recent = [...run.recent, ...steps.map(reading)].slice(-RECENT);
    next.rates = rates(next.recent);
  }
  for (const event of events) {
    if (event.type === "step") next = { ...next, step: event, evaluate: null };
    else if (event.type === "encode") next = { ...next, encode: event };
    else if (event.type === "evaluate") next = { ...next, evaluate: event };
    else if (event.type === "epoch") next = { ...next, evaluate: null, epochs: withEpoch(next.epochs, event) };
    else if (event.type === "done") {
      // Of a search the best run is what is left.
      next = { ...next, ...next.search?.best, status: "done", done: event, evaluate: null };
    } else if (event.type === "failed") next = { ...next, status: "failed", error: event.mistake, evaluate: null };
  }
  return next;
}

/** Whether a head is fitted to texts that are encoded once; its loss falls smoothly, and nobody knows when it ends. @param {RunState} run */
export function isFit({ subject }) {
  return subject?.method === "frozen";
}

/** @param {import("./protocol.js").StepEvent} step */
function reading({ seconds, examples, tokens }) {
  return { seconds, examples, tokens };
}

/** Only one epoch is the best. @param {import("./protocol.js").EpochEvent[]} epochs @param {import("./protocol.js").EpochEvent} epoch */
function withEpoch(epochs, epoch) {
  const earlier = epoch.best ? epochs.map((other) => (other.best ? { ...other, best: false } : other)) : epochs;
  return [...earlier, epoch];
}

/** @param {RunState["recent"]} recent */
function rates(recent) {
  const first = recent.length > 1 ? recent[0] : { seconds: 0, examples: 0, tokens: 0 };
  const last = recent[recent.length - 1];
  const seconds = last.seconds - first.seconds;
  if (!(seconds > 0)) return { examples: NaN, tokens: NaN };
  return { examples: (last.examples - first.examples) / seconds, tokens: (last.tokens - first.tokens) / seconds };
}

/**
 * Share of the mean that each step keeps: a twelfth of the run counts, but at least 4 steps and at most 40, so that
 * the line is calm in a long run and does not lag in a short one.
 *
 * @param {number} total
 */
function keepFor(total) {
  return 1 - 1 / Math.min(40, Math.max(4, total / 12));
}

/** @param {Curves} curves @param {import("./protocol.js").StepEvent[]} steps @param {number} keep @returns {Curves} */
function addSteps(curves, steps, keep) {
  const next = {
    step: curves.step.slice(),
    loss: curves.loss.slice(),
    smooth: curves.smooth.slice(),
    learning_rate: curves.learning_rate.slice(),
  };
  for (const event of steps) {
    const seen = next.loss.length;
    next.step.push(event.step);
    next.loss.push(event.loss);
    next.learning_rate.push(event.learning_rate);
    next.smooth.push(smoothed(seen === 0 ? 0 : next.smooth[seen - 1], seen, event.loss, keep));
  }
  return next;
}

/**
 * Exponential mean with the correction for its start of Adam (Kingma and Ba 2015, section 3), so that the first
 * value is the first loss and not a tenth of it.
 *
 * @param {number} before  Corrected mean of the `seen` values before.
 * @param {number} seen
 * @param {number} value
 * @param {number} keep
 */
function smoothed(before, seen, value, keep) {
  if (!Number.isFinite(value)) return before;
  const raw = before * (1 - keep ** seen) * keep + value * (1 - keep);
  return raw / (1 - keep ** (seen + 1));
}

/**
 * Share of the run that is done, from 0 to 1, and the seconds that are left at the speed so far. A share that nobody knows
 * is NaN, as are such seconds. Of a search, all its runs together, each counting alike.
 *
 * @param {RunState} run
 * @returns {{share: number, elapsed: number, remaining: number}}
 */
export function progress(run) {
  const one = progressOfOne(run);
  if (!run.search) return one;
  const over = run.search.rows.filter(({ state }) => state !== "running");
  const before = over.reduce((sum, { seconds }) => sum + seconds, 0);
  if (run.done) return { ...one, elapsed: before };
  const going = over.length < run.search.rows.length;
  const share = (over.length + (going && Number.isFinite(one.share) ? one.share : 0)) / Math.max(run.search.total, 1);
  const elapsed = before + (going ? one.elapsed : 0);
  return { share, elapsed, remaining: left(share, elapsed) };
}

/** @param {RunState} run */
function progressOfOne(run) {
  const step = run.step;
  if (run.done) return { share: 1, elapsed: run.done.seconds, remaining: 0 };
  if (isFit(run)) return { share: encoded(run), elapsed: step?.seconds ?? 0, remaining: NaN };
  if (!step) return { share: 0, elapsed: 0, remaining: NaN };
  const share = step.step / Math.max(step.total_steps, 1);
  const elapsed = Math.max(step.seconds, run.epochs.at(-1)?.seconds ?? 0);
  return { share, elapsed, remaining: left(share, elapsed) };
}

/** @param {number} share @param {number} elapsed */
function left(share, elapsed) {
  return share > 0 ? (elapsed / share) * (1 - share) : NaN;
}

/** Share of the texts that are encoded; NaN once the head is being fitted. @param {RunState} run */
function encoded({ step, encode }) {
  if (step) return NaN;
  if (!encode) return 0;
  return encode.done < encode.total ? encode.done / encode.total : NaN;
}

/** @param {RunState} run @returns {string} How far the run is, in a word: "34 %". */
export function howFar(run) {
  const { share } = progress(run);
  return Number.isFinite(share) ? percent(share, 0) : "Fitting";
}

/** @param {RunState} run @returns {string} Where the run stands, in one sentence. */
export function standing(run) {
  if (run.done) return run.done.sentence;
  if (run.status === "failed") return "The run ended with an error.";
  if (run.status === "starting") return preparing(run);
  if (run.status === "stopping") return "Stopping, and measuring the weights that are kept.";
  const where = `${whichRun(run)}${isFit(run) ? whereInFit(run) : whereInSteps(run)}`;
  return run.status === "paused" ? `Paused. ${where}` : where;
}

/** @param {RunState} run */
function preparing({ prepare }) {
  if (!prepare?.total) return "Preparing the batches.";
  return `${prepare.what}: ${percent(prepare.done / prepare.total, 0)}.`;
}

/** The run of several that is on, or was last. @param {RunState} run */
function current({ search }) {
  return search?.rows.find(({ state }) => state === "running") ?? search?.rows.at(-1);
}

/** Whether it is one of several that is made a second time. @param {RunState} run */
export function isAgain(run) {
  return current(run)?.again ?? false;
}

/** @param {RunState} run */
function whichRun(run) {
  const { search } = run;
  const now = current(run);
  if (!search || !now) return "";
  const why = now.again ? " again, since its weights were lost when the page was left" : "";
  return `Run ${now.trial} of ${search.total}${why}. `;
}

/** @param {RunState} run */
function whereInSteps({ step, evaluate, encode, info }) {
  const encoding = encode && encode.done < encode.total;
  if (encoding) return `Encoding the texts for the head: ${encode.done} of ${encode.total}.`;
  const validating = evaluate && `row ${evaluate.done} of ${evaluate.total}.`;
  if (!step || !info) return validating ? `Validating: ${validating}` : "The first step is under way.";
  const epochs = Math.max(1, Math.round(step.total_steps / Math.max(info.steps_per_epoch, 1)));
  const epoch = Math.min(epochs, Math.max(1, Math.ceil(step.epoch - 1e-9)));
  const doing = validating ? `: validating, ${validating}` : `, step ${step.step} of ${step.total_steps}.`;
  return `Epoch ${epoch} of ${epochs}${doing}`;
}

/** @param {RunState} run */
function whereInFit({ step, encode }) {
  if (step) return `Fitting the head, iteration ${step.step}.`;
  if (!encode) return "The first texts are under way.";
  if (encode.done < encode.total) return `Encoding the texts: ${encode.done} of ${encode.total}.`;
  return "Fitting the head.";
}

/** @param {RunState} run @returns {string} How much of the model learns, in words; nothing before a run is set up. */
export function learning({ info, done }) {
  if (!info) return "";
  const { trainable, frozen } = info.parameters;
  const rest = done ? "stayed as they were" : "stay as they are";
  const words =
    frozen === 0 ? `all ${large(trainable)} parameters.` : `${large(trainable)} parameters; ${large(frozen)} ${rest}.`;
  const kept = done && done.optimizer_bytes > 0 ? ` The optimiser kept ${size(done.optimizer_bytes)}.` : "";
  return `${done ? "Trained" : "Training"} ${words}${kept}`;
}
