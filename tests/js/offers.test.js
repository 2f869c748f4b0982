// Which run is offered to go on, where lists of what is kept come late.

import assert from "node:assert/strict";
import { test } from "node:test";

import { offerAfter } from "../../www/projects/offers.js";
import { initialState, reduce } from "../../www/state.js";

/** @param {string} run @param {number} step */
const offer = (run, step) => ({ id: run, run, table: "t", model: "m", step, total_steps: 9, saved: step });

/** @param {import("../../www/run.js").RunStatus} status @param {ReturnType<typeof offer>|null} offered */
function state(status, offered = null) {
  const running = reduce(initialState("cpu"), { type: "run", change: { status } });
  const current = { id: "p", name: "p", run: "p" };
  return reduce(running, { type: "projects", change: { current, offer: offered } });
}

/** @param {...ReturnType<typeof offer>} offers */
const list = (...offers) => /** @type {any[]} */ (offers.map((offer) => ({ id: offer.id, offer, elsewhere: false })));

test("a list from before a run broke does not take back what was offered since", () => {
  const stale = list(offer("p", 2));
  assert.equal(offerAfter(stale, state("running"), state("failed", offer("p", 7)))?.step, 7);
  // What is asked for after it is the news.
  assert.equal(offerAfter(list(offer("p", 8)), state("failed"), state("failed", offer("p", 7)))?.step, 8);
  assert.equal(offerAfter(stale, state("idle"), state("running")), null, "nothing while a run is on");
});

test("the open project's run comes first, then the one that stopped last", () => {
  const idle = state("idle");
  assert.equal(offerAfter(list(offer("a", 9), offer("p", 2)), idle, idle)?.run, "p");
  assert.equal(offerAfter(list(offer("a", 1), offer("b", 3)), idle, idle)?.run, "b");
  assert.equal(offerAfter(list(offer("p", 2)), idle, state("done")), null, "it is over, and not yet written down");
  const before = list({ ...offer("earlier", 2), id: "p" });
  assert.equal(offerAfter(before, idle, state("done")), null, "its model takes the place of what was before");
  assert.equal(offerAfter(before, idle, idle)?.run, "earlier");
  const elsewhere = list(offer("a", 1)).map((one) => ({ ...one, elsewhere: true }));
  assert.equal(offerAfter(elsewhere, idle, idle), null);
});
