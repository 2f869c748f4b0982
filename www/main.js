// The composition root: makes the store, the client and the panels, and wires them together.

import { createActions } from "./actions.js";
import { createClient } from "./client.js";
import { againNotice } from "./panels/again.js";
import { continueNotice } from "./panels/continue.js";
import { dataPanel } from "./panels/data.js";
import { dropTarget } from "./panels/drop.js";
import { editionNotice } from "./panels/edition.js";
import { modelPanel } from "./panels/model.js";
import { projectList } from "./panels/projects.js";
import { rail } from "./panels/rail.js";
import { recipePanel } from "./panels/recipe.js";
import { resultPanel } from "./panels/result.js";
import { trainingPanel } from "./panels/training.js";
import { workerNotice } from "./panels/worker.js";
import { createKeeper } from "./projects/keeper.js";
import { isOnlyHere } from "./projects/unkept.js";
import { howFar } from "./run.js";
import { isBusyTraining, phase } from "./standing.js";
import { initialState, reduce } from "./state.js";

/**
 * How long events are gathered before the page is drawn again: drawing takes time from the cores that train. A timer, since
 * frames stop in hidden tabs.
 */
const GATHER_MS = 400;

/** How often a run is kept, unless the address says another number of seconds (`?checkpoints=10`). */
const CHECKPOINTS_S = 60;

const address = new URLSearchParams(location.search);
const wish = address.get("device");
const seconds = Number(address.get("checkpoints")) || CHECKPOINTS_S;
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
  actions.follow(events);
}

const client = createClient({
  onEvent,
  onDead: (mistake) => {
    flush();
    dispatch({ type: "died", mistake });
    actions.offerAgain();
  },
});
const keeper = createKeeper(() => actions.refresh());
const actions = createActions({ client, keeper, interval_ms: seconds * 1000, dispatch, state: () => state });

const panels = [
  modelPanel(actions),
  dataPanel(actions),
  recipePanel(actions),
  trainingPanel(actions),
  resultPanel(actions),
];
const notice = workerNotice(actions);
const edition = editionNotice();
const goOn = continueNotice(actions);
const again = againNotice(actions);
const projects = projectList(actions);
const steps = rail();
const drop = dropTarget(actions);
const parts = [...panels, notice, edition, goOn, again, projects, steps, drop];

function draw() {
  drawing = false;
  document.documentElement.dataset.phase = phase(state);
  document.title = isBusyTraining(state) ? `${howFar(state.run)} – Tabtune` : "Tabtune";
  for (const part of parts) part.update(state);
  actions.watch();
  actions.watchResult();
  actions.watchSeveral();
  actions.watchAwake();
}

document.getElementById("rail")?.replaceWith(steps.element);
document
  .getElementById("steps")
  ?.append(
    notice.element,
    edition.element,
    goOn.element,
    again.element,
    projects.element,
    ...panels.map((panel) => panel.element),
  );
document.getElementById("footnote")?.append(edition.kept);
document.body.append(drop.element);

document.addEventListener("visibilitychange", () => actions.watchAwake());
addEventListener("beforeunload", (event) => {
  if (isBusyTraining(state) || (isOnlyHere(state) && client.hasResult())) event.preventDefault();
});

draw();
actions.begin();
