// Tells a screen reader where a run stands, now and then and at every turn.

import { standing } from "../run.js";
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
    const point = `${run.status} ${run.epochs.length}`;
    if (run.status === "idle" || (point === turn && now - last < ANNOUNCE_MS)) return;
    turn = point;
    last = now;
    say(standing(run));
  }

  return { element, update };
}
