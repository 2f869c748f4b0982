// The runs of a search: their curves over one another, and a table that can be sorted and taken from.

import { fill, h, show, whenChanged } from "../dom.js";
import { duration } from "../format.js";
import { overlayChart } from "../overlay.js";
import { describe, showScore, titleOf } from "../scores.js";
import { STATE_WORDS, firstOrder, metricOf, showValue, soFar, sorted, variedFields, watchedIn } from "../search.js";
import { visible } from "../visible.js";

/**
 * @typedef {import("../run.js").RunState} RunState
 * @typedef {import("../search.js").Search} Search
 * @typedef {import("../search.js").Row} Row
 * @typedef {import("../search.js").Order} Order
 * @typedef {import("../protocol.js").ScoreWords} ScoreWords
 * @typedef {import("../protocol.js").RecipeField} RecipeField
 * @typedef {{key: string, words: string}} Column
 */

/** How often all curves are drawn anew while a run is under way; at each run's end they are at once. */
const REDRAW_MS = 400;

/** @param {import("../actions.js").Actions} actions */
export function runsView(actions) {
  const overlay = overlayChart();
  const table = runsTable(actions);
  const element = h("div", { id: "runs", class: "stack" }, overlay.element, table.element);

  const drawOverlay = whenChanged(
    (
      /** @type {Search} */ search,
      /** @type {RunState["epochs"]|null} */ epochs,
      /** @type {string|null} */ metric,
      /** @type {ScoreWords|null} */ score,
    ) => {
      const curves = search.rows.flatMap((row) => {
        const seen = row.state === "running" ? (epochs ?? []) : row.epochs;
        const values = seen.map(({ validation }) => validation?.[metric ?? ""] ?? null);
        /** @type {import("../overlay.js").Curve["rank"]} */
        const rank = row.best ? "best" : row.state === "running" ? "running" : "other";
        return values.length > 0 ? [{ row, values, rank }] : [];
      });
      overlay.update(curves, score);
    },
  );

  /** @type {Search|null} */
  let drawn = null;
  let at = 0;

  /** @param {RunState} run @param {ScoreWords[]} scores @param {RecipeField[]} fields */
  function update(run, scores, fields) {
    const { search } = run;
    show(element, search !== null);
    if (!search) return;
    const metric = metricOf(search) ?? watchedIn(search.base.metric ?? null, run.epochs);
    const score = metric === null ? null : describe(scores, metric);
    const now = performance.now();
    if (search !== drawn || now - at >= REDRAW_MS) {
      drawOverlay(search, run.done ? null : run.epochs, metric, score);
      [drawn, at] = [search, now];
    }
    table.update(search, run.status, score, fields, run.done ? null : run.epochs);
  }

  return { element, update };
}

/** @param {import("../actions.js").Actions} actions */
function runsTable(actions) {
  const head = h("tr", {});
  const rows = h("tbody", {});
  const table = h(
    "table",
    { id: "runs-table", class: "numbers-table" },
    h("caption", { class: "visually-hidden" }, "The runs, what each changed and what it reached"),
    h("thead", {}, head),
    rows,
  );
  const mistakes = h("ul", { id: "runs-mistakes", class: "notes" });
  const save = h("button", { id: "runs-csv", type: "button", onclick: actions.saveRuns }, "Download this table");
  const hint = h("p", { class: "hint" });
  // Empty and not hidden before: what a screen reader is to be told of is there when the words come.
  const used = h("p", { id: "runs-used", class: "runs-used", role: "status" });
  const element = h(
    "div",
    { class: "stack tight" },
    h("div", { class: "title-row" }, h("h3", {}, "Runs"), save),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Runs" }, table),
    used,
    mistakes,
    hint,
  );

  /** Step 3 is far above: that it holds something else now is said where that was asked for. @param {number} trial */
  function use(trial) {
    actions.useTrial(trial);
    fill(used, `Run ${trial}’s values are in step 3, for one run. `, h("a", { href: "#recipe" }, "Go to step 3"));
  }

  /** What the user sorted by. @type {Order|null} */
  let chosen = null;
  /** @type {{key: string, cell: HTMLElement, mark: HTMLElement}[]} */
  let heads = [];
  let redraw = () => {};

  /** @param {string} key @param {Order} now */
  function sortBy(key, now) {
    chosen = { key, down: now.key === key && !now.down };
    redraw();
  }

  /** @type {Order} */
  let order = { key: "trial", down: false };

  /** @param {Column[]} columns */
  function drawHeads(columns) {
    heads = columns.map(({ key, words }) => {
      const mark = h("span", { class: "sort-mark", "aria-hidden": "true" });
      const button = h("button", { type: "button", class: "sort", onclick: () => sortBy(key, order) }, words, mark);
      return { key, cell: h("th", { scope: "col", data: { key } }, button), mark };
    });
    fill(
      head,
      ...heads.map(({ cell }) => cell),
      h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Use")),
    );
  }

  function markHeads() {
    for (const { key, cell, mark } of heads) {
      if (key === order.key) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
      mark.textContent = key !== order.key ? "" : order.down ? " ▼" : " ▲";
    }
  }

  let shape = "";
  const draw = whenChanged(
    (
      /** @type {Search} */ search,
      /** @type {RunState["status"]} */ status,
      /** @type {ScoreWords|null} */ score,
      /** @type {RecipeField[]} */ fields,
      /** @type {RunState["epochs"]|null} */ epochs,
    ) => {
      // Another search is looked at afresh.
      if (search.rows.length === 0) chosen = null;
      const over = status === "done" || status === "failed";
      if (!over) fill(used);
      redraw = () => {
        const varied = variedFields(search);
        const columns = columnsOf(varied, score, fields);
        const now = columns.map(({ words }) => words).join("\n");
        if (now !== shape) drawHeads(columns);
        shape = now;
        order = chosen ?? firstOrder(over, score ?? describe([], ""));
        markHeads();
        const reached = soFar(search.rows, epochs ?? [], score?.name ?? null);
        const drawn = sorted(reached, order).map((row) => rowView(row, varied, score, over, use));
        fill(rows, ...drawn);
      };
      redraw();
      const failed = search.rows.filter(({ mistake }) => mistake !== null);
      const told = failed.map(({ trial, mistake }) =>
        h("li", { dir: "auto" }, `Run ${trial}: ${visible(mistake ?? "")}`),
      );
      fill(mistakes, ...search.notes.map((note) => h("li", { text: visible(note) })), ...told);
      show(mistakes, search.notes.length + told.length > 0);
      show(
        save,
        search.rows.some(({ state }) => state !== "running"),
      );
      hint.textContent =
        `The runs are compared by ${score?.words ?? "their score"} on the same validation rows. The best of several looks a ` +
        "little better there than it is: rows that were never looked at would tell how well it does.";
    },
  );

  return { element, update: draw };
}

/** @param {string[]} varied @param {ScoreWords|null} score @param {RecipeField[]} fields @returns {Column[]} */
function columnsOf(varied, score, fields) {
  return [
    { key: "trial", words: "Run" },
    { key: "score", words: score ? titleOf(score) : "Score" },
    ...varied.map((key) => ({ key, words: fields.find(({ name }) => name === key)?.label ?? key })),
    { key: "best_epoch", words: "Best epoch" },
    { key: "seconds", words: "Time" },
    { key: "state", words: "State" },
  ];
}

/**
 * @param {Row} row
 * @param {string[]} varied
 * @param {ScoreWords|null} score
 * @param {boolean} over  Whether the search is.
 * @param {(trial: number) => void} take  Puts its hyperparameters into step 3.
 */
function rowView(row, varied, score, over, take) {
  const { trial, changes, best, seconds, best_epoch } = row;
  const going = row.state === "running";
  const state = going && over ? "stopped" : row.state;
  const use = h(
    "button",
    {
      ...{ type: "button", class: "link", disabled: !over },
      ...{ "aria-label": `Use these hyperparameters: run ${trial}`, title: "Put them into the form of step 3" },
      onclick: () => take(trial),
    },
    "Use these",
  );
  return h(
    "tr",
    { class: best ? "best" : "" },
    h("th", { scope: "row" }, String(trial), best && h("span", { class: "tag" }, over ? "best" : "best so far")),
    h("td", {}, score ? showScore(score, row.score) : "–"),
    ...varied.map((name) => h("td", {}, showValue(changes[name]))),
    h("td", {}, best_epoch > 0 ? String(best_epoch) : "–"),
    h("td", {}, going || row.state === "failed" ? "–" : duration(seconds)),
    h("td", {}, STATE_WORDS[state]),
    h("td", {}, use),
  );
}
