// Which model answers in step 5.

/** Stands for it: what came of a run, or an open checkpoint with a head of its own. @param {import("../state.js").State} state */
export function asked({ run, model }) {
  return run.done ?? model.info;
}
