// Pages with a table and a model, and what a step draws of them, for tests of the steps.

import { AS_FOUND } from "../../www/dialect.js";
import { initialState, reduce } from "../../www/state.js";
import { FIGURES } from "./figures.js";
import { installPage } from "./page.js";

installPage();
Object.assign(globalThis, { HTMLInputElement: class {} });

/** @typedef {import("../../www/protocol.js").Task} Task */
/** @typedef {import("../../www/protocol.js").Mapping} Mapping */
/** @typedef {import("../../www/state.js").State} State */

export const NAMES = ["one", "two", "three", "four"];

/** @param {Task} task @returns {Mapping} */
export function mapping(task) {
  const rest = { negative: null, separator: null, split: null, validation_share: 0.1, seed: 0 };
  return {
    task,
    text: "one",
    pair: task === "answers" || task === "embedding" ? "two" : null,
    label: "three",
    ...rest,
  };
}

/** A page with a table, and with a model trained for a task. @param {Task} task @param {Partial<Mapping>} [more] @returns {State} */
export function trained(task, more = {}) {
  const columns = NAMES.map((name) => ({ name, distinct: 3, empty: 0, mean_characters: 12 }));
  const chosen = { ...mapping(task), ...more };
  const preview = [["first", "second", "third", "fourth"]];
  const none = { notes: [], worksheets: [], dialect: AS_FOUND };
  const table = { name: "t.csv", format: "CSV", rows: 1, columns, preview, mapping: chosen, ...none };
  const figures = { train: 9, validation: 1, ...FIGURES };
  const dataset = { info: { task, classes: [], ...figures }, table: "t.csv", mapping: chosen };
  const state = reduce(initialState("cpu"), { type: "data", change: { table, mapping: chosen, dataset } });
  const method = /** @type {const} */ ("full");
  const subject = {
    model: "m",
    base: "owner/m",
    table: "t.csv",
    data: null,
    task,
    pairs: chosen.pair !== null,
    method,
  };
  return reduce(state, { type: "run", change: { status: "done", subject } });
}

/** Actions that record how they were called. */
export function recorded() {
  /** @type {[string, ...unknown[]][]} */
  const calls = [];
  const actions = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (/** @type {unknown[]} */ ...args) =>
          calls.push([String(name), ...args]),
    },
  );
  return { calls, actions: /** @type {import("../../www/actions.js").Actions} */ (actions) };
}

/** @param {(actions: import("../../www/actions.js").Actions) => {element: unknown, update: (state: State) => void}} panel @param {State} state */
export function drawn(panel, state) {
  const { calls, actions } = recorded();
  const { element, update } = panel(actions);
  update(state);
  return { root: /** @type {import("./page.js").Element} */ (element), calls, update };
}
