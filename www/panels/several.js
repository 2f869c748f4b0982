// The part of step 3 that makes several runs of one: seeds, a grid, or random draws; closed until it is wanted.

import { fill, h, show, tell } from "../dom.js";
import { outlook, secondsEach } from "../outlook.js";
import { LONGEST_WRITTEN } from "../projects/record.js";
import { nextField, variable } from "../several.js";
import { taskAtHand } from "../standing.js";
import { axisView } from "./axis.js";
import { field } from "./holdout.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 * @typedef {import("../several.js").Kind} Kind
 * @typedef {import("../several.js").AxisDraft} AxisDraft
 * @typedef {import("../protocol.js").RecipeField} RecipeField
 */

/** What one may choose, in the order of the list: words for it, and what it does. @type {[Kind, string, string][]} */
const KINDS = [
  ["one", "One run", "What stands above is trained once."],
  [
    "seeds",
    "Several seeds",
    "The same settings, each time with another seed: shows how much luck is in a result, with its mean and spread.",
  ],
  ["grid", "Grid: every combination", "A run for each combination of the values below."],
  [
    "random",
    "Random search",
    "Values are drawn from the ranges below; with many of them, better than a grid of as many runs.",
  ],
];

/** @param {Actions} actions */
export function severalForm(actions) {
  const kind = h(
    "select",
    { id: "several-kind", "aria-describedby": "several-kind-help" },
    ...KINDS.map(([value, words]) => h("option", { value }, words)),
  );
  kind.addEventListener("change", () => actions.changeSeveral({ kind: /** @type {Kind} */ (kind.value) }));
  const kindHelp = h("p", { class: "hint", id: "several-kind-help" });
  const seeds = countField("several-seeds", "Seeds", "runs", "From the seed above on; 3 to 5 are usual.", (seeds) =>
    actions.changeSeveral({ seeds }),
  );
  const draws = countField("several-draws", "Draws", "runs", "How many combinations are tried.", (draws) =>
    actions.changeSeveral({ draws }),
  );
  const seed = countField(
    "several-seed",
    "Seed of the draws",
    "",
    "The same seed and settings draw the same values again; another seed draws others.",
    (search_seed) => actions.changeSeveral({ search_seed }),
  );
  const axes = h("div", { class: "axes" });
  const add = h(
    "button",
    { id: "several-add", type: "button", onclick: () => adding() },
    "Vary another hyperparameter",
  );
  const fields = h("div", { class: "stack" }, axes, h("div", { class: "row" }, add));
  const losers = h("input", { id: "several-stop", type: "checkbox", "aria-describedby": "several-stop-help" });
  losers.addEventListener("change", () => actions.changeSeveral({ stop_losers: losers.checked }));
  const stop = h(
    "div",
    { class: "field wide" },
    h("label", { class: "switch", for: "several-stop" }, losers, "Stop runs that fall behind"),
    h(
      "p",
      { class: "hint", id: "several-stop-help" },
      "After each epoch, from the fourth run on: a run ends when its best score so far is worse than the median of what the " +
        "others scored on average up to that epoch.",
    ),
  );
  const mistake = h("p", { id: "several-error", class: "mistake", "aria-live": "polite" });
  const total = h("p", { id: "several-total", class: "hint", role: "status" });
  const words = h("summary", { id: "several-summary" }, "Several runs");
  const element = h(
    "details",
    { id: "several", class: "more" },
    words,
    h(
      "div",
      { class: "stack" },
      h(
        "div",
        { class: "grid" },
        ...[field("several-kind", "Runs", kind, kindHelp), seeds.element, draws.element, seed.element],
      ),
      fields,
      stop,
      mistake,
      total,
    ),
  );
  /** @type {ReturnType<typeof axisView>[]} */
  let views = [];

  function adding() {
    actions.addAxis();
    // Where the new one is drawn, one goes on.
    queueMicrotask(() => views.at(-1)?.focus());
  }

  let drawn = "";

  /** Only another shape needs other elements; values are written into those that are there. @param {string} shape @param {State} state */
  function drawAxes(shape, state) {
    if (shape === drawn) return;
    drawn = shape;
    const { several, recipe } = state;
    const focused = document.activeElement?.id ?? "";
    views = several.axes.map((axis, place) => {
      const others = several.axes.filter((_, at) => at !== place);
      const offered = variable(recipe.fields, recipe.draft, taskAtHand(state), several.axes);
      const free = offered.filter(({ name }) => others.every(({ field }) => field !== name));
      const own = recipe.fields.filter(({ name }) => name === axis.field);
      return axisView(place, own[0], [...new Set([...own, ...free])], several.kind === "random", actions, () =>
        add.focus(),
      );
    });
    fill(axes, ...views.map(({ element }) => element));
    if (focused.startsWith("several-")) document.getElementById(focused)?.focus();
  }

  /** @param {State} state */
  function update(state) {
    const { several, recipe } = state;
    const varies = several.kind === "grid" || several.kind === "random";
    if (kind.value !== several.kind) kind.value = several.kind;
    const help = KINDS.find(([value]) => value === several.kind)?.[2] ?? "";
    tell(kindHelp, help);
    seeds.update(several.seeds, several.mistakes.seeds ?? "", several.kind === "seeds");
    draws.update(several.draws, several.mistakes.runs ?? "", several.kind === "random");
    seed.update(several.search_seed, several.mistakes.search_seed ?? "", several.kind === "random");
    const offered = variable(recipe.fields, recipe.draft, taskAtHand(state), several.axes);
    const shape = [several.kind, ...several.axes.map(({ field }) => field), "of", ...offered.map(({ name }) => name)];
    drawAxes(shape.join(" "), state);
    views.forEach((view, place) => view.update(several.axes[place], several.mistakes[several.axes[place].field] ?? ""));
    show(fields, varies);
    show(add, nextField(offered, several.axes) !== null);
    show(stop, varies);
    losers.checked = several.stop_losers;
    // What belongs to no field of this part.
    const named = new Set(["seeds", "runs", "search_seed", ...several.axes.map(({ field }) => field)]);
    const rest = Object.entries(several.mistakes).filter(([name]) => !named.has(name));
    const wrong = rest.map(([, words]) => words).join(" ");
    tell(mistake, wrong);
    show(mistake, wrong !== "");
    const following = several.kind === "one" ? "" : outlook(several.runs, secondsEach(state));
    tell(total, following);
    show(total, following !== "");
    const title = several.kind === "one" ? "Several runs" : `Several runs: ${titles[several.kind]}`;
    tell(words, title);
  }

  return { element, summary: words, update };
}

/** What the closed part says of what is in it. */
const titles = { seeds: "seeds", grid: "grid", random: "random search" };

/** A field for a whole number. @param {string} id @param {string} label @param {string} unit @param {string} help @param {(value: string) => void} change */
function countField(id, label, unit, help, change) {
  const input = h("input", {
    ...{ id, type: "text", inputmode: "numeric", maxlength: LONGEST_WRITTEN, autocomplete: "off" },
    "aria-describedby": `${id}-unit ${id}-help ${id}-error`,
    oninput: () => change(input.value),
  });
  const error = h("p", { id: `${id}-error`, class: "mistake", "aria-live": "polite" });
  const line = h("div", { class: "with-unit" }, input, h("span", { id: `${id}-unit`, class: "unit" }, unit));
  const element = field(id, label, line, h("p", { class: "hint", id: `${id}-help` }, help), error);

  return {
    element,

    /** @param {string} value @param {string} mistake @param {boolean} used */
    update(value, mistake, used) {
      show(element, used);
      if (input.value !== value) input.value = value;
      tell(error, mistake);
      show(error, mistake !== "");
      if (mistake === "") input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
    },
  };
}
