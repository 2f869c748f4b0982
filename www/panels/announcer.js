// Tells a screen reader where a run stands: at every turn, such as its end, at once; what goes on in between now and then.

import { isAgain, standing } from "../run.js";
import { spoken } from "./section.js";

/** How often, while nothing turns. */
const ANNOUNCE_MS = 10_000;

export function announcer() {
  const { element, update: say } = spoken("run-status");
  let last = 0;
  let turn = "";

  /** @param {import("../run.js").RunState} run */
  function update(run) {
    const now = performance.now();
    // An epoch is no turn, nor is the next of several runs: short ones would not let anybody finish a sentence.
    const point = isAgain(run) ? `${run.status} again` : run.status;
    if (run.status === "idle" || (point === turn && now - last < ANNOUNCE_MS)) return;
    turn = point;
    last = now;
    say(standing(run));
  }

  return { element, update };
}
