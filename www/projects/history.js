// The curves, epochs and report of a run that is over, as they are kept and read back. Pure.

import { idleRun } from "../run.js";
import { TASKS } from "./record.js";
import { either, flag, list, maybe, natural, number, oneOf, record, table, text } from "./shape.js";

/** @typedef {import("../run.js").RunState} RunState */

const MOST_STEPS = 5e6;
const MOST_LABELS = 20_000;
/** Runs of a search. */
const MOST_TRIALS = 256;
const words = text(20_000);
const values = list(maybe(number), MOST_STEPS);
const metrics = table(maybe(number), 100);
const METHODS = /** @type {const} */ (["full", "lora", "frozen", "probe", "contrastive"]);

const steps = record({
  step: number,
  total_steps: number,
  epoch: number,
  loss: maybe(number),
  learning_rate: maybe(number),
  grad_norm: maybe(number),
  examples: number,
  tokens: number,
  seconds: number,
});

const report = record({
  task: oneOf(...TASKS),
  labels: list(words, MOST_LABELS),
  confusion: maybe(list(list(number, MOST_LABELS), MOST_LABELS)),
  per_class: list(
    record({
      label: words,
      precision: maybe(number),
      recall: maybe(number),
      f1: maybe(number),
      support: number,
      average_precision: maybe(number),
    }),
    MOST_LABELS,
  ),
  metrics,
  threshold: maybe(number),
});

const epochs = list(
  record({
    epoch: number,
    step: number,
    train_loss: maybe(number),
    validation: maybe(metrics),
    best: flag,
    seconds: number,
    note: maybe(words),
  }),
  100_000,
);

/** Values of hyperparameters by their names. */
const fields = table(maybe(either(number, flag, text(1000))), 200);

const search = record({
  total: natural,
  base: fields,
  notes: list(words, 100),
  rows: list(
    record({
      trial: natural,
      changes: fields,
      state: oneOf("running", "completed", "stopped_early", "stopped", "failed"),
      metric: maybe(text(80)),
      score: maybe(number),
      best_epoch: natural,
      seconds: number,
      best: flag,
      mistake: maybe(words),
      epochs,
    }),
    MOST_TRIALS,
  ),
});

const history = record({
  info: maybe(
    record({
      total_steps: number,
      steps_per_epoch: number,
      max_length: number,
      train: number,
      validation: number,
      tokens_per_epoch: number,
      parameters: record({ trainable: number, frozen: number }),
      notes: list(words, 100),
    }),
  ),
  subject: maybe(
    record({
      model: words,
      base: words,
      table: words,
      data: maybe(words),
      task: oneOf(...TASKS),
      pairs: flag,
      method: oneOf(...METHODS),
    }),
  ),
  curves: record({ step: values, loss: values, smooth: values, learning_rate: values }),
  step: maybe(steps),
  epochs,
  search: maybe(search),
  done: maybe(
    record({
      reason: oneOf("completed", "early_stopping", "stopped"),
      best_epoch: natural,
      steps: natural,
      seconds: number,
      optimizer_bytes: natural,
      metrics: maybe(metrics),
      report: maybe(report),
      sentence: words,
    }),
  ),
});

/** @param {RunState} run @returns {string} As JSON. */
export function writeHistory({ info, subject, curves, step, epochs, search, done }) {
  return JSON.stringify({ info, subject, curves, step, epochs, search: search && { ...search, best: null }, done });
}

/**
 * @param {string} json
 * @returns {RunState}  As it was when it was written.
 * @throws TypeError or SyntaxError
 */
export function readHistory(json) {
  const { info, subject, curves, step, epochs, search, done } = history(JSON.parse(json));
  const lengths = new Set(Object.values(curves).map((column) => column.length));
  if (lengths.size > 1) throw new TypeError("the columns of the curves have several lengths");
  const { confusion, labels } = done?.report ?? {};
  if (confusion && [confusion, ...confusion].some((line) => line.length !== labels?.length)) {
    throw new TypeError("the confusion matrix is not one of its labels");
  }
  const columns = Object.entries(curves).map(([name, column]) => [name, column.map(orNaN)]);
  return /** @type {RunState} */ (
    /** @type {unknown} */ ({
      ...idleRun(),
      status: done ? "done" : "failed",
      info,
      subject,
      curves: Object.fromEntries(columns),
      step: step && { ...step, type: "step", loss: orNaN(step.loss) },
      epochs: epochs.map(epochEvent),
      search: search && { ...search, best: null, rows: search.rows.map(withEpochs) },
      done: done && { ...done, type: "done", report: done.report && withoutEmpty(done.report) },
    })
  );
}

/** @param {ReturnType<typeof epochs>[number]} epoch */
function epochEvent(epoch) {
  return { ...epoch, type: "epoch", train_loss: orNaN(epoch.train_loss) };
}

/** @param {ReturnType<typeof search>["rows"][number]} row */
function withEpochs(row) {
  return { ...row, epochs: row.epochs.map(epochEvent) };
}

/** What JSON cannot say: a loss that is not a number. @param {number|null} value */
function orNaN(value) {
  return value ?? NaN;
}

/** Views ask whether a column is there at all. @param {ReturnType<typeof report>} report */
function withoutEmpty({ per_class, ...rest }) {
  const lines = per_class.map(({ average_precision, ...line }) => ({
    ...Object.fromEntries(Object.entries(line).map(([name, value]) => [name, value ?? NaN])),
    ...(average_precision === null ? {} : { average_precision }),
  }));
  return { ...rest, per_class: lines };
}
