// The composition root: makes the store, the client and the panels, and wires them together.

import { createActions } from "./actions.js";
import { createClient } from "./client.js";
import { dataPanel } from "./panels/data.js";
import { dropTarget } from "./panels/drop.js";
import { editionNotice } from "./panels/edition.js";
import { modelPanel } from "./panels/model.js";
import { rail } from "./panels/rail.js";
import { recipePanel } from "./panels/recipe.js";
import { resultPanel } from "./panels/result.js";
import { trainingPanel } from "./panels/training.js";
import { workerNotice } from "./panels/worker.js";
import { howFar } from "./run.js";
import { initialState, isBusyTraining, phase, reduce } from "./state.js";

/** How long events are gathered before the page is drawn again. A timer, since frames stop in hidden tabs. */
const GATHER_MS = 80;

const wish = new URLSearchParams(location.search).get("device");
let state = initialState(wish === "gpu" || wish === "cpu" ? wish : "auto");

/** @type {import("./client.js").Event[]} */
let waiting = [];
let drawing = false;

/** @param {import("./state.js").Action} action */
function dispatch(action) {
  state = reduce(state, action);
  if (drawing) return;
  drawing = true;
  queueMicrotask(draw);
}

/** @param {import("./client.js").Event} event */
function onEvent(event) {
  if (waiting.length === 0) setTimeout(flush, GATHER_MS);
  waiting.push(event);
  if (event.type === "done" || event.type === "failed") flush();
}

function flush() {
  if (waiting.length === 0) return;
  const events = waiting;
  waiting = [];
  dispatch({ type: "events", events });
}

const client = createClient({
  onEvent,
  onDead: (mistake) => {
    flush();
    dispatch({ type: "died", mistake });
  },
});
const actions = createActions({ client, dispatch, state: () => state });

const panels = [
  modelPanel(actions),
  dataPanel(actions),
  recipePanel(actions),
  trainingPanel(actions),
  resultPanel(actions),
];
const notice = workerNotice(actions);
const edition = editionNotice();
const steps = rail();
const drop = dropTarget(actions);
const parts = [...panels, notice, edition, steps, drop];

function draw() {
  drawing = false;
  document.documentElement.dataset.phase = phase(state);
  document.title = isBusyTraining(state) ? `${howFar(state.run)} – Tabtune` : "Tabtune";
  for (const part of parts) part.update(state);
  actions.watch();
  actions.watchSeveral();
}

document.getElementById("rail")?.replaceWith(steps.element);
document.getElementById("steps")?.append(notice.element, edition.element, ...panels.map((panel) => panel.element));
document.getElementById("footnote")?.append(edition.kept);
document.body.append(drop.element);

addEventListener("beforeunload", (event) => {
  if (isBusyTraining(state)) event.preventDefault();
});

draw();
actions.begin();
