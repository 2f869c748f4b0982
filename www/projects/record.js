// What is known of a project beside its files: its shape, how it is written with a checksum, and what is read back. Pure.

import { isSame } from "../dialect.js";
import { flag, either, list, matching, maybe, natural, number, oneOf, record, table, text } from "./shape.js";

/**
 * @typedef {import("../protocol.js").Task} Task
 *
 * A file of the project, under a name that is never used twice.
 * @typedef {{name: string, bytes: number, sum: string}} Stored
 *
 * The same with the path that it has in the folder that it belongs to.
 * @typedef {Stored & {path: string}} Placed
 *
 * @typedef {object} ModelRef  An encoder: that of the page or of the hub by its name, other ones with their files.
 * @property {"page"|"hub"|"files"} from
 * @property {string} name
 * @property {string} base      As ModelSource names it.
 * @property {string} sum       Of its configuration and weights; empty where nobody computed it.
 * @property {Placed[]} files   None where the files are too large to be kept twice.
 *
 * @typedef {object} CheckpointInfo  What the engine says of a checkpoint, as far as the page uses it.
 * @property {number} step
 * @property {number} total_steps
 * @property {number} epoch
 * @property {number[]|null} [of_search]  Of several runs which one, from 1, and how many there are.
 *
 * @typedef {{file: Stored, info: CheckpointInfo, saved: number}} Checkpoint  `saved`: in milliseconds since 1970.
 *
 * @typedef {object} RunRecord
 * @property {string} id
 * @property {"running"|"done"|"stopped"|"failed"|"discarded"} status  "running" also where it was interrupted.
 * @property {number} started  In milliseconds since 1970, as are all times.
 * @property {number} changed
 * @property {string} model
 * @property {Task} task
 * @property {string} method
 * @property {{name: string, value: number|null}|null} score  The main one of the weights that were kept.
 * @property {Checkpoint[]} checkpoints  The newest first; one more is kept for the case that it is damaged.
 * @property {Stored|null} history       Curves, epochs and report of a run that is over.
 * @property {Placed[]} result           Files of the trained model.
 *
 * @typedef {object} AxisDraft  A hyperparameter that several runs vary, as it is written in their form.
 * @property {string} field
 * @property {string} values     For a grid: numbers, apart by commas or spaces.
 * @property {string} from       For random draws.
 * @property {string} to
 * @property {string[]} chosen   Of a choice, and of a switch: "true" and "false".
 *
 * @typedef {object} SeveralForm  What the user chose and wrote.
 * @property {"one"|"seeds"|"grid"|"random"} kind
 * @property {string} seeds          How many, as written.
 * @property {string} draws          How many, as written.
 * @property {string} search_seed    Seed of the draws, as written.
 * @property {boolean} stop_losers
 * @property {AxisDraft[]} axes
 *
 * @typedef {Stored & {title: string} & import("../protocol.js").Dialect} TableRecord  `title`: the name of its file. How it is read
 *   as far as the user said so, which records from before one could do not have.
 *
 * @typedef {object} Project
 * @property {1} version
 * @property {string} id
 * @property {string} name
 * @property {number} created
 * @property {number} changed
 * @property {TableRecord|null} table
 * @property {import("../protocol.js").Mapping|null} mapping
 * @property {Record<string, string|boolean>} draft  The form of hyperparameters.
 * @property {SeveralForm|null} several  The form for several runs; null in records from before it was kept.
 * @property {ModelRef|null} model
 * @property {RunRecord[]} runs  The newest first.
 */

export const TASKS = /** @type {const} */ ([
  "classification",
  "multi_label",
  "regression",
  "tokens",
  "answers",
  "embedding",
  "language",
]);

export const LONGEST_NAME = 120;
/** Characters that a field of a form takes. */
export const LONGEST_WRITTEN = 1000;
export const MOST_RUNS = 50;
const MOST_FILES = 100;
/** More than there are hyperparameters. */
const MOST_AXES = 100;
/** No record comes near it: more is not one. */
export const LONGEST_RECORD = 4e6;

const sum = matching(/^[0-9a-f]{64}$/u);
export const id = matching(/^[0-9a-f]{16}$/u);
const stored = { name: matching(/^[a-z]{1,12}-[0-9a-f]{16}$/u), bytes: natural, sum };
/** Of at most three parts, none of which leads elsewhere. */
const path = matching(/^(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\/){0,2}[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/u);
const placed = record({ ...stored, path });
const cell = text(10_000);
const written = text(LONGEST_WRITTEN);

const mapping = record({
  task: oneOf(...TASKS),
  text: cell,
  pair: maybe(cell),
  label: cell,
  negative: maybe(cell),
  separator: maybe(cell),
  split: maybe(cell),
  validation_share: number,
  seed: number,
});

const dialect = {
  worksheet: maybe(text(3000)),
  header: maybe(flag),
  delimiter: maybe(oneOf("comma", "semicolon", "tab", "pipe", "none")),
  encoding: maybe(text(40)),
};

const checkpoint = record({
  file: record(stored),
  info: record({ step: natural, total_steps: natural, epoch: number, of_search: maybe(list(natural, 2)) }),
  saved: number,
});

const run = record({
  id,
  status: oneOf("running", "done", "stopped", "failed", "discarded"),
  started: number,
  changed: number,
  model: text(1000),
  task: oneOf(...TASKS),
  method: text(40),
  score: maybe(record({ name: text(80), value: maybe(number) })),
  checkpoints: list(checkpoint, 4),
  history: maybe(record(stored)),
  result: list(placed, MOST_FILES),
});

const several = record({
  kind: oneOf("one", "seeds", "grid", "random"),
  ...{ seeds: written, draws: written, search_seed: written, stop_losers: flag },
  axes: list(
    record({ field: text(80), values: written, from: written, to: written, chosen: list(text(80), 100) }),
    MOST_AXES,
  ),
});

const project = record({
  version: oneOf(1),
  id,
  name: text(LONGEST_NAME),
  created: number,
  changed: number,
  table: maybe(record({ ...stored, title: text(1000), ...dialect })),
  mapping: maybe(mapping),
  draft: table(either(flag, written), 200),
  several: maybe(several),
  model: maybe(
    record({
      from: oneOf("page", "hub", "files"),
      name: text(1000),
      base: text(1000),
      sum: either(sum, oneOf("")),
      files: list(placed, MOST_FILES),
    }),
  ),
  runs: list(run, MOST_RUNS),
});

/**
 * A project as its bytes say it.
 *
 * @param {string} json
 * @returns {Project}
 * @throws TypeError or SyntaxError that says what is wrong.
 */
export function readProject(json) {
  return /** @type {Project} */ (project(JSON.parse(json)));
}

/** @param {string} words @param {(bytes: Uint8Array) => Promise<string>} checksum @returns {Promise<Uint8Array>} The words below their own checksum. */
export async function sealed(words, checksum) {
  const body = new TextEncoder().encode(words);
  return new TextEncoder().encode(`${await checksum(body)}\n${words}`);
}

/** @param {string} text @param {(bytes: Uint8Array) => Promise<string>} checksum @returns {Promise<string|null>} Null where they are not what was sealed. */
export async function unsealed(text, checksum) {
  const end = text.indexOf("\n");
  const words = text.slice(end + 1);
  return end === 64 && (await checksum(new TextEncoder().encode(words))) === text.slice(0, end) ? words : null;
}

/** @param {Project} project @returns {Stored[]} Every file that belongs to it. */
export function filesOf({ table, model, runs }) {
  const ofRuns = runs.flatMap((run) => [
    ...run.checkpoints.map(({ file }) => file),
    ...(run.history ? [run.history] : []),
    ...run.result,
  ]);
  return [...(table ? [table] : []), ...(model?.files ?? []), ...ofRuns];
}

/**
 * The run that can go on, if one can: one that did not end, or whose model was not kept in time. At most one has checkpoints.
 *
 * @param {Project} project @returns {RunRecord|null}
 */
export function interrupted({ runs }) {
  return runs.find(({ checkpoints, result }) => checkpoints.length > 0 && result.length === 0) ?? null;
}

/** @param {Project} project @returns {RunRecord[]} Those that came to their end or were ended by the user, the newest first. */
export function runsOver({ runs }) {
  return runs.filter(({ status }) => status === "done" || status === "stopped");
}

/**
 * The run that is shown of a project: the newest that is over and whose model is here, or else the newest that is over.
 *
 * @param {Project} project @returns {RunRecord|null}
 */
export function shownRun(project) {
  const over = runsOver(project);
  return over.find(({ result }) => result.length > 0) ?? over[0] ?? null;
}

/**
 * The projects that a table may belong to, the likeliest first: those that have it, read in the same way; then those that read
 * it differently and have not learnt from it yet.
 *
 * @param {Project[]} projects
 * @param {string} sum @param {string} title @param {import("../protocol.js").Dialect} dialect
 */
export function homesOf(projects, sum, title, dialect) {
  const having = projects.filter(({ table }) => table?.sum === sum && table.title === title);
  const isHome = (/** @type {Project} */ { table }) => table !== null && isSame(table, dialect);
  const isEmpty = (/** @type {Project} */ { table, runs }) =>
    runs.length === 0 && table?.worksheet === dialect.worksheet;
  return [...having.filter(isHome), ...having.filter((project) => !isHome(project) && isEmpty(project))];
}

/**
 * What a project is called that has a table of this name; names that are taken get a number.
 *
 * @param {string} title
 * @param {ReadonlySet<string>} taken
 * @param {string|null} [worksheet]  The one that was chosen of a workbook.
 */
export function nameFor(title, taken, worksheet = null) {
  const file = title.replace(/\.[A-Za-z0-9]{1,8}$/u, "");
  const bare =
    [file, worksheet ?? ""]
      .filter(Boolean)
      .join(", ")
      .slice(0, LONGEST_NAME - 8) || "Project";
  for (let place = 1; ; place += 1) {
    const name = place === 1 ? bare : `${bare} (${place})`;
    if (!taken.has(name)) return name;
  }
}
