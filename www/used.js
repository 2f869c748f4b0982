// What training uses and what a run has learned from, where that is not what the page shows. Pure.

import { columnsInWords } from "./mapping.js";
import { showsRefused } from "./standing.js";
import { taskOf } from "./tasks.js";
import { visible } from "./visible.js";

/** @param {string} name */
const table = (name) => visible(name, 60);

/**
 * What training goes on using after a mistake.
 *
 * @param {import("./state.js").DataState} data
 * @returns {string} A table and its columns: rows.csv with “a” as text and “b” as label. Empty where there is no mistake.
 */
export function stillUsed({ error, dataset }) {
  if (!error || !dataset) return "";
  return `${table(dataset.table)} with ${columnsInWords(dataset.mapping, (name) => visible(name, 40))}`;
}

/** @param {import("./state.js").State} state @returns {string} What is good to know before Train is pressed. */
export function toKnow({ data, run }) {
  return [
    // A file that could not be opened leaves the form as it was, and that is what is trained.
    showsRefused(data) && notShown(data),
    run.status === "done" && "Training again starts from the pretrained model, not from this result.",
  ]
    .filter(Boolean)
    .join(" ");
}

/** What Train would learn from while step 2 shows something else. @param {import("./state.js").DataState} data */
function notShown(data) {
  const shown = data.table?.name ?? "";
  const used = stillUsed(data);
  if (shown === data.dataset?.table) return `Step 2 has a mistake, so training still uses ${used}.`;
  return `Step 2 shows ${table(shown)}, which has a mistake. Train learns from another table: ${used}.`;
}

/**
 * @param {import("./run.js").Subject|null} subject  Of the run that is shown.
 * @param {{dataset: import("./state.js").DatasetState|null, model: {name: string}|null}} open  What is open now.
 * @returns {string} That the run learned from something else, or began with another model; empty where it did not.
 */
export function learnedElsewhere(subject, { dataset, model }) {
  if (!subject) return "";
  return [dataset && otherData(subject, dataset), model && otherModel(subject, model)].filter(Boolean).join(" ");
}

/** @param {import("./run.js").Subject} subject @param {import("./state.js").DatasetState} dataset */
function otherData(subject, dataset) {
  if (subject.table !== dataset.table) {
    return `This run learned from ${table(subject.table)}, not from ${table(dataset.table)}, which is open now.`;
  }
  const [then, now] = [subject.task, dataset.mapping.task].map((task) => taskOf(task).title);
  if (then !== now) return `This run learned “${then}”, not “${now}”, which is chosen now.`;
  if (subject.data === null || subject.data === dataset.info.hash) return "";
  return `This run learned from ${table(subject.table)} as it was then; the rows, the columns or what is held out are others now.`;
}

/** @param {import("./run.js").Subject} subject @param {{name: string}} model */
function otherModel(subject, model) {
  if (subject.model === model.name) return "";
  return `It began with ${visible(subject.model, 60)}, not with ${visible(model.name, 60)}, which is open now.`;
}
