// The notice that work of an earlier visit is there, and the button that opens it.

import { h, show } from "../dom.js";
import { keepFocus } from "../focus.js";
import { visible } from "../visible.js";
import { holds } from "./projects.js";

/** @param {import("../actions.js").Actions} actions */
export function againNotice(actions) {
  /** @type {string|null} */
  let offered = null;
  const title = h("h2", { id: "again-title", dir: "auto" });
  const words = h("p", { id: "again-words" });
  const open = h("button", {
    ...{ id: "again-open", type: "button", class: "primary" },
    onclick: () => offered && actions.openProject(offered),
  });
  const leave = h(
    "button",
    { id: "again-leave", type: "button", class: "quiet", onclick: actions.leaveAgain },
    "Not now",
  );
  const element = h(
    "section",
    { id: "again", class: "notice calm still", "aria-labelledby": "again-title" },
    title,
    words,
    h("div", { class: "row" }, open, leave),
  );
  const drawn = keepFocus(element);

  /** @param {import("../state.js").State} state */
  function update(state) {
    drawn(
      () => draw(state),
      () => (element.hidden ? [document.getElementById("projects-summary")] : [open]),
    );
  }

  /** @param {import("../state.js").State} state */
  function draw(state) {
    const project = projectToOpen(state);
    offered = project?.id ?? null;
    show(element, project !== null);
    if (!project) return;
    const { busy } = state.projects;
    const heading = `Open ${visible(project.name, 60)} again`;
    if (title.textContent !== heading) title.textContent = heading;
    const line = `${holds(project, state.scores)}.`;
    if (words.textContent !== line) words.textContent = line;
    open.textContent = busy ? `${busy}…` : "Open";
    open.disabled = leave.disabled = busy !== null;
  }

  return { element, update };
}

/**
 * The one that was changed last and has a trained model, or else the one that was changed last; none once there is something else
 * to go on with.
 *
 * @param {import("../state.js").State} state
 */
function projectToOpen({ projects: { list, again, offer }, data, dead }) {
  if (!again || offer || dead || data.table || data.loading) return null;
  const free = list.filter(({ elsewhere }) => !elsewhere);
  return free.find(({ runs }) => runs.trained) ?? free[0] ?? null;
}
