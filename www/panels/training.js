// Step 4: the device, the controls, and everything that is seen of a run while it goes and when it is over.

import { lossChart, rateChart, scoreChart } from "../charts.js";
import { fill, h, show, whenChanged } from "../dom.js";
import { duration, rate } from "../format.js";
import { howFar, isFit, learning, progress, standing } from "../run.js";
import { bestOf, describe, mainScores, showScore, titleOf } from "../scores.js";
import { bestRow } from "../search.js";
import { isBusyTraining } from "../standing.js";
import { learnedElsewhere } from "../used.js";
import { announcer } from "./announcer.js";
import { runControls } from "./controls.js";
import { deviceForm } from "./device.js";
import { awakeSwitch } from "./awake.js";
import { keptLine } from "./kept.js";
import { epochTable } from "./epochs.js";
import { reportTables } from "./report.js";
import { runsView } from "./runs.js";
import { mistakeLine, noteList, progressBar, section } from "./section.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 * @typedef {import("../run.js").RunState} RunState
 * @typedef {State["scores"]} Scores
 */

/** @param {Actions} actions */
export function trainingPanel(actions) {
  const { element, body, stand } = section(
    4,
    "training",
    "Training",
    "Runs in the background of this tab. You can pause and stop at any time.",
  );
  const device = deviceForm(actions);
  const controls = runControls(actions);
  const mistake = mistakeLine("run-error");
  const live = liveView(actions);
  const announce = announcer();
  const awake = awakeSwitch(actions);
  const kept = keptLine();
  body.append(
    device.element,
    awake.element,
    controls.element,
    kept.element,
    mistake.element,
    live.element,
    announce.element,
  );

  /** @param {State} state */
  function update(state) {
    const { run } = state;
    device.update(state.device, isBusyTraining(state) || state.dead !== null);
    controls.update(state);
    awake.update(state);
    kept.update(state);
    mistake.update(run.error);
    live.update(state);
    announce.update(run);
    stand(words(run), run.status === "done");
  }

  return { element, update };
}

/** @param {RunState} run */
function words(run) {
  switch (run.status) {
    case "idle":
      return "";
    case "starting":
      return "Starting…";
    case "running":
      return howFar(run);
    case "paused":
      return Number.isFinite(progress(run).share) ? `Paused at ${howFar(run)}` : "Paused";
    case "stopping":
      return "Stopping…";
    case "failed":
      return "Ended early";
    case "done":
      return run.done?.reason === "stopped" ? "Stopped" : "Done";
  }
}

/** @param {Actions} actions */
function liveView(actions) {
  const searched = runsView(actions);
  const which = h("h3", { id: "run-which" });
  const bar = progressBar("run-progress");
  const figures = h("dl", { id: "run-figures", class: "facts figures" });
  const parameters = h("p", { id: "run-parameters", class: "hint" });
  const notes = noteList("run-notes");
  const losses = lossChart();
  const scored = scoreChart();
  const rates = rateChart();
  const epochs = epochTable();
  const overfit = h("p", { id: "overfit", class: "callout", role: "status" });
  const sentence = h("p", { id: "run-sentence", class: "outcome" });
  const elsewhere = h("p", { id: "run-elsewhere", class: "hint" });
  const report = reportTables();
  const charts = h("div", { class: "charts" }, losses.element, scored.element, rates.element);
  const element = h(
    "div",
    { id: "run", class: "stack" },
    sentence,
    elsewhere,
    bar.element,
    figures,
    parameters,
    notes.element,
    searched.element,
    which,
    charts,
    overfit,
    epochs.element,
    report.element,
  );

  const drawCurves = whenChanged((/** @type {RunState["curves"]} */ curves, /** @type {RunState["epochs"]} */ done) => {
    losses.update(curves, done);
    rates.update(curves);
  });
  const drawScore = whenChanged(
    (/** @type {RunState["curves"]} */ curves, /** @type {RunState["epochs"]} */ done, /** @type {Scores} */ scores) =>
      scored.update(curves, done, scores),
  );
  const drawEpochs = whenChanged((/** @type {RunState["epochs"]} */ done, /** @type {Scores} */ scores) => {
    epochs.update(done, scores);
    const note = done.at(-1)?.note ?? "";
    if (overfit.textContent !== note) overfit.textContent = note;
    show(overfit, note !== "");
  });
  const drawNotes = whenChanged((/** @type {RunState["info"]} */ info) => notes.update(info?.notes ?? []));
  const drawDone = whenChanged(
    (/** @type {RunState["done"]} */ done, /** @type {RunState["info"]} */ info, /** @type {Scores} */ scores) => {
      sentence.textContent = done?.sentence ?? "";
      show(sentence, done !== null);
      report.update(done?.report ?? null, scores, { rows: rowsOf(done, info) });
    },
  );

  // Between two steps, which may take seconds, the clock goes on.
  const clock = {
    heard: 0,
    time: { elapsed: NaN, remaining: NaN },
    run: /** @type {RunState|null} */ (null),
    scores: /** @type {Scores} */ ([]),
  };
  function drawClock() {
    const { run, scores, time } = clock;
    if (!run) return;
    const since = run.status === "running" ? (performance.now() - clock.heard) / 1000 : 0;
    const left = Math.max(time.remaining - since, 0);
    drawFigures(figures, run, { elapsed: time.elapsed + since, remaining: left }, scores);
  }
  const everySecond = ticking(drawClock);

  /** @param {State} state */
  function update({ run, scores, recipe, data, model }) {
    show(element, run.status !== "idle");
    everySecond(run.status === "running");
    if (run.status === "idle") return;
    const before = learnedElsewhere(run.subject, { dataset: data.dataset, model: model.info });
    if (elsewhere.textContent !== before) elsewhere.textContent = before;
    show(elsewhere, before !== "");
    const { share, elapsed, remaining } = progress(run);
    const begun = run.step !== null || run.encode !== null;
    const known = Number.isFinite(share) && (begun || run.status === "failed");
    show(bar.element, run.done === null);
    // A bar that moves without end is for what goes on.
    const still = run.status === "failed" || run.status === "paused";
    bar.update(standing(run), known ? share : still ? 0 : null, known ? howFar(run) : "");
    const numbers = learning(run);
    if (parameters.textContent !== numbers) parameters.textContent = numbers;
    show(parameters, numbers !== "");
    searched.update(run, scores, recipe.fields);
    const shown = run.search && (run.done ? bestRow(run.search) : run.search.rows.at(-1));
    const heading = shown ? `${run.done ? "The best run" : "This run"}: run ${shown.trial}` : "";
    if (which.textContent !== heading) which.textContent = heading;
    show(which, heading !== "");
    drawNotes(run.info);
    if (elapsed !== clock.time.elapsed || run.begun !== clock.run?.begun) clock.heard = performance.now();
    Object.assign(clock, { run, scores, time: { elapsed, remaining } });
    drawClock();
    drawCurves(run.curves, run.epochs);
    drawScore(run.curves, run.epochs, scores);
    drawEpochs(run.epochs, scores);
    drawDone(run.done, run.info, scores);
    show(charts, run.curves.step.length > 0);
    // A fit finds the length of its steps by itself.
    show(rates.element, !isFit(run));
  }

  return { element, update };
}

/** @param {RunState["done"]} done @param {RunState["info"]} info @returns {number|null} Rows that the report was measured on. */
function rowsOf(done, info) {
  if (!info) return null;
  // Of texts that are compared both count.
  return done?.report?.task === "embedding" ? info.validation / 2 : info.validation;
}

/** @param {HTMLElement} list @param {RunState} run @param {{elapsed: number, remaining: number}} time @param {Scores} scores */
function drawFigures(list, run, { elapsed, remaining }, scores) {
  const over = run.done !== null;
  const seconds = run.done?.seconds ?? 1;
  const examples = over ? (run.step?.examples ?? 0) / seconds : run.rates.examples;
  const tokens = over ? (run.step?.tokens ?? 0) / seconds : run.rates.tokens;
  /** @type {[string, string, string][]} */
  const facts = [
    ...scoreFacts(run, scores),
    ["elapsed", over ? "Took" : "Elapsed", duration(elapsed)],
    ["remaining", "Remaining", Number.isFinite(remaining) ? `about ${duration(remaining)}` : "–"],
    ["examples-rate", "Examples per second", rate(examples)],
    ["tokens-rate", "Tokens per second", rate(tokens)],
  ];
  // A fit has all rows at once, and tells the time from its first iteration on.
  const told = isFit(run) ? facts.filter(([id]) => id === "elapsed" && (over || run.step)) : facts;
  const shown = told.filter(([id]) => !over || id !== "remaining");
  fill(
    list,
    ...shown.map(([id, term, value]) =>
      h("div", {}, h("dt", { text: term }), h("dd", { id: `run-${id}`, text: value })),
    ),
  );
}

/** The main score of the latest epoch, and the best so far where that is another. @param {RunState} run @param {Scores} table */
function scoreFacts(run, table) {
  const main = mainScores(run.epochs);
  const last = main?.values.at(-1);
  // The report of a run that is over has the score of the weights that were kept.
  if (!main || !last || run.done) return [];
  const score = describe(table, main.name);
  const best = bestOf(main.values, score);
  /** @type {[string, string, string][]} */
  const facts = [["score", `${titleOf(score)}, epoch ${last.epoch}`, showScore(score, last.value)]];
  if (best && best !== last) facts.push(["best-score", `Best, epoch ${best.epoch}`, showScore(score, best.value)]);
  return facts;
}

/**
 * Calls back every second while it is on.
 *
 * @param {() => void} call
 * @returns {(on: boolean) => void}
 */
function ticking(call) {
  /** @type {ReturnType<typeof setInterval>|undefined} */
  let timer;
  return (on) => {
    if (on === (timer !== undefined)) return;
    clearInterval(timer);
    timer = on ? setInterval(call, 1000) : undefined;
  };
}
