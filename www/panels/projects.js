// The list of what is kept in this browser: each project with what it holds, and what can be done with it.

import { fill, h, onEscape, show, whenChanged } from "../dom.js";
import { keepFocus } from "../focus.js";
import { ago, counted, size } from "../format.js";
import { describe, showScore } from "../scores.js";
import { mistake } from "../mistake.js";
import { awaiting } from "../projects/unkept.js";
import { phase } from "../standing.js";
import { visible } from "../visible.js";
import { mistakeLine } from "./section.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../state.js").State} State
 * @typedef {import("../projects/summary.js").Summary} Summary
 * @typedef {"open"|"rename"|"export"|"delete"} What
 */

/** What has the focus once something is asked: nothing is deleted by pressing Enter twice. */
const ANSWERS = { rename: "rename-", delete: "keep-" };
const NAMELESS = mistake("file", "A project needs a name.");

/** @param {Actions} actions */
export function projectList(actions) {
  const summary = h("summary", { id: "projects-summary" });
  const list = h("ul", { id: "project-list", class: "projects", role: "list" });
  const field = h("input", { id: "import-project", type: "file", accept: ".zip", class: "visually-hidden" });
  field.addEventListener("change", () => {
    if (field.files?.[0]) actions.importProject(field.files[0]);
    field.value = "";
  });
  const said = h("p", { id: "projects-said", class: "hint", role: "status" });
  const failed = mistakeLine("projects-error");
  const room = h("p", { id: "projects-room", class: "hint" });
  const controls = h(
    "fieldset",
    { class: "plain stack tight" },
    list,
    h("div", { class: "row" }, h("label", { class: "button", for: "import-project" }, field, "Import a project")),
  );
  const element = h("details", { id: "projects", class: "more kept-projects" }, summary, controls, room);
  // What is said of them must be seen, also where the list is closed.
  const frame = h("div", { class: "stack tight" }, element, said, failed.element);

  /** What is being renamed or deleted, by the project's id. @type {{id: string, what: "rename"|"delete"}|null} */
  let asking = null;
  /** @type {State|null} */
  let latest = null;
  const ask = (/** @type {typeof asking} */ next) => {
    const before = asking;
    asking = next;
    if (latest) draw(latest.projects.list, latest.projects.current, latest.scores, awaiting(latest));
    // What was asked from a button goes back to it.
    const heir = next ? ANSWERS[next.what] + next.id : before && buttonId(before.what, before.id);
    if (heir) document.getElementById(heir)?.focus();
  };

  /** @param {Summary[]} projects @param {State["projects"]["current"]} current @param {State["scores"]} scores @param {string|null} waiting  As {@link awaiting}. */
  function draw(projects, current, scores, waiting) {
    const rows = projects.map((project) => {
      const question = asking?.id === project.id ? asking.what : null;
      const below =
        question === "rename"
          ? renaming(actions, project, () => ask(null))
          : question === "delete"
            ? deleting(actions, project, latest ? whatStays(latest, project.id) : "", () => ask(null))
            : buttons(actions, project, project.id === current?.id, ask);
      return h(
        "li",
        { "aria-current": project.id === current?.id ? "true" : null },
        h("p", { class: "subject", dir: "auto", text: visible(project.name, 80) }),
        h("p", { class: "hint" }, holds(project, scores, waiting === project.id)),
        below,
      );
    });
    fill(list, ...rows);
  }
  const drawList = whenChanged(draw);
  const drawn = keepFocus(controls);
  /** What had the focus last, and in which row. */
  let last = { id: "", row: 0 };

  /** The same button, or one of the row that is now in its place. @returns {HTMLElement[]} */
  function heirs() {
    const { children } = list;
    const row = last.row < 0 ? null : children[Math.min(last.row, children.length - 1)];
    const same = document.getElementById(last.id);
    return [
      ...(same ? [same] : []),
      ...(row?.querySelectorAll("button") ?? []),
      ...(controls.disabled ? [] : [summary]),
    ];
  }

  /** @param {State} state */
  function update(state) {
    const focused = document.activeElement;
    if (focused && controls.contains(focused)) {
      last = { id: focused.id, row: [...list.children].findIndex((row) => row.contains(focused)) };
    }
    drawn(() => drawAll(state), heirs);
  }

  /** @param {State} state */
  function drawAll(state) {
    latest = state;
    const { list: projects, current, busy, error, estimate, trouble } = state.projects;
    // Nobody's writing is swept away by news.
    if (!projects.some(({ id }) => id === asking?.id)) drawList(projects, current, state.scores, awaiting(state));
    const bytes = projects.reduce((sum, project) => sum + project.bytes, 0);
    summary.textContent =
      projects.length === 0 ? "Projects: none yet" : `Projects: ${counted(projects.length, "project")}, ${size(bytes)}`;
    room.textContent =
      trouble ??
      "Tables, hyperparameters, runs and their models are kept here by themselves, in this browser only." +
        (estimate?.quota ? ` ${size(estimate.usage)} of ${size(estimate.quota)} are used.` : "");
    const words = busy ? `${busy}…` : (state.projects.said ?? "");
    if (said.textContent !== words) said.textContent = words;
    // It takes no room while there is nothing to say, and is still listened to.
    said.classList.toggle("visually-hidden", words === "");
    failed.update(error);
    controls.disabled = busy !== null;
    show(list, projects.length > 0);
  }

  return { element: frame, update };
}

/** @param {What} what @param {string} id  Of the project. */
function buttonId(what, id) {
  return `project-${what}-${id}`;
}

/**
 * What a project holds, in words.
 *
 * @param {Summary} project @param {State["scores"]} scores
 * @param {boolean} [waiting]  Whether the model of its last run is on its way.
 * @returns {string}
 */
export function holds({ table, model, runs, bytes, changed, offer, elsewhere, torn }, scores, waiting = false) {
  const parts = [
    visible(table, 60),
    visible(model, 60),
    runs.count > 0 ? `${counted(runs.count, "run")}${scoresOf(runs, scores)}` : "",
    runs.missing && !waiting ? `${runs.count > 1 ? "the last run’s" : "its"} model was not kept` : "",
    offer ? `stopped at step ${offer.step} of ${offer.total_steps}` : "",
    size(bytes),
    `changed ${ago(Date.now() - changed)}`,
    elsewhere ? "open in another tab" : "",
    torn ? "its last change was cut short, so this is how it was before" : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** The score of the last run, and the best one where that is another run's. @param {Summary["runs"]} runs @param {State["scores"]} scores */
function scoresOf({ score, values }, scores) {
  if (!score) return "";
  const kind = describe(scores, score.name);
  const last = showScore(kind, score.value);
  if (values.length < 2) return `, ${last} ${kind.words}`;
  const best = kind.higher_is_better ? Math.max(...values) : Math.min(...values);
  return `, last ${last}, best ${showScore(kind, best)} ${kind.words}`;
}

/** What outlives a project on the page, and what does not. @param {State} state @param {string} id  Of the project. @returns {string} */
function whatStays(state, id) {
  const { current, home } = state.projects;
  const open = current?.id === id;
  if (state.run.stored?.id === id) {
    return open ? "Its table stays open in this tab only, and the model in step 5 goes." : "The model in step 5 goes.";
  }
  const parts = [open ? "table" : "", home?.id === id && phase(state) === "trained" ? "model" : ""].filter(Boolean);
  if (parts.length === 0) return "";
  return `Its ${parts.join(" and ")} ${parts.length > 1 ? "stay" : "stays"} open in this tab only.`;
}

/** @param {Actions} actions @param {Summary} project @param {boolean} open @param {(next: {id: string, what: "rename"|"delete"}) => void} ask */
function buttons(actions, { id, name, elsewhere }, open, ask) {
  const button = (/** @type {What} */ what, /** @type {() => unknown} */ onclick, disabled = elsewhere) => {
    const words = what[0].toUpperCase() + what.slice(1);
    const label = `${words} ${visible(name, 80)}`;
    return h(
      "button",
      { id: buttonId(what, id), type: "button", class: "link", onclick, disabled, "aria-label": label },
      words,
    );
  };
  return h(
    "div",
    { class: "row" },
    open ? h("span", { class: "tag" }, "open") : button("open", () => actions.openProject(id)),
    button("rename", () => ask({ id, what: "rename" })),
    button("export", () => actions.exportProject(id), false),
    button("delete", () => ask({ id, what: "delete" })),
  );
}

/** @param {Actions} actions @param {Summary} project @param {() => void} close */
function renaming(actions, { id, name }, close) {
  const field = h("input", { id: `rename-${id}`, type: "text", maxlength: 120, "aria-label": "Name of the project" });
  const wrong = mistakeLine("rename-error");
  field.value = name;
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (field.value.trim() === "") {
      wrong.update(NAMELESS);
      return field.focus();
    }
    close();
    actions.renameProject(id, field.value);
  };
  return h(
    "form",
    { class: "row", onsubmit: submit, onkeydown: onEscape(close) },
    field,
    h("button", { type: "submit" }, "Save"),
    h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"),
    wrong.element,
  );
}

/** @param {Actions} actions @param {Summary} project @param {string} stays  What stays of it, in words. @param {() => void} close */
function deleting(actions, { id, bytes }, stays, close) {
  const remove = () => {
    close();
    actions.removeProject(id);
  };
  const keep = { id: `keep-${id}`, "aria-describedby": `loss-${id}` };
  return h(
    "div",
    { class: "row", onkeydown: onEscape(close) },
    h("span", { id: `loss-${id}` }, `Delete it with its ${size(bytes)}? This cannot be undone. ${stays}`.trim()),
    h("button", { id: `delete-${id}`, type: "button", onclick: remove }, "Delete"),
    h("button", { ...keep, type: "button", class: "quiet", onclick: close }, "Keep"),
  );
}
