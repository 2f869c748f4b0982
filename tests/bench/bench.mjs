// One command, one table: everyone does the same work in one run. node bench.mjs ENGINE MODULES CHROMIUM, which are our
// native program, the folder of our modules for browsers, and the browser; `make bench` says what the environment filters.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { start } from "./browser.mjs";
import { draw } from "./chart.mjs";
import { frozen, frozenInBrowser, padding, pageLoad, sizes } from "./facts.mjs";
import * as native from "./native.mjs";
import { ask, read, works } from "./plan.mjs";
import { judge, keep, Losses, stamp, workName } from "./results.mjs";
import { factLines, stepTable } from "./table.mjs";
import { choose } from "./who.mjs";

/** @typedef {import("./plan.mjs").Work} Work */
/** @typedef {import("./results.mjs").Result} Result */
/** @typedef {import("./plan.mjs").Wishes} Wishes */
/** @typedef {import("./who.mjs").Peer} Peer */
/** @typedef {NonNullable<ReturnType<typeof ask>>} Asked */

/** Seconds after which a job is given up. */
const PATIENCE = 540;

const [engine, modules, chromium] = process.argv.slice(2);

/** Whether a program is there and can do what is wanted. @param {string} program @param {string[]} words */
function can(program, words) {
  try {
    execFileSync(program, words, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A Python that has PyTorch. */
function findPython() {
  const wished = process.env.TABTUNE_PYTHON || "python3";
  return can(wished, ["-c", "import torch, numpy"]) ? wished : null;
}

/**
 * Why a peer is left out, if it is.
 *
 * @param {Peer} peer
 * @param {{python: string | null, adapter: string | null}} machine
 */
function missing(peer, { python, adapter }) {
  if (peer.runs === "python" && !python) {
    return "there is no Python with torch (pip install torch; TABTUNE_PYTHON=path names another Python)";
  }
  if (peer.runs !== "browser") return null;
  if (peer.device === "WebGPU" && adapter === null) return "the browser has no WebGPU adapter";
  const { module } = /** @type {{module?: string}} */ (peer.how);
  const sign = `${modules}/${module}/built.js`;
  if (module && !(existsSync(sign) && readFileSync(sign, "utf8").includes("true"))) return "its module is not built";
  return null;
}

/**
 * Gives each peer its rounds at one work, in turn, so that what disturbs the machine disturbs them alike.
 *
 * @param {Work} work
 * @param {[Peer, Asked][]} members
 * @param {(peer: Peer, job: import("./work.js").Job) => Promise<native.Run>} run
 * @param {Losses} losses
 * @returns {Promise<[Peer, Asked, Partial<Result>][]>}
 */
async function time(work, members, run, losses) {
  /** @type {Map<Peer, native.Run[]>} */
  const done = new Map(members.map(([peer]) => [peer, []]));
  /** @type {Map<Peer, string>} */
  const failed = new Map();
  const rounds = Math.max(...members.map(([, asked]) => asked.rounds));
  for (let round = 0; round < rounds; round++) {
    for (const [peer, asked] of members) {
      if (round >= asked.rounds || failed.has(peer)) continue;
      process.stderr.write(`${workName(work)}, round ${round + 1}: ${peer.who} `);
      try {
        const result = await run(peer, asked.job);
        done.get(peer)?.push(result);
        process.stderr.write(`${result.steps.map(({ ms }) => Math.round(ms)).join(" ")} ms\n`);
      } catch (error) {
        const [sentence] = String(error instanceof Error ? error.message : error).split("\n");
        failed.set(peer, sentence);
        process.stderr.write(`failed: ${sentence}\n`);
      }
    }
  }
  return members.map(([peer, asked]) => {
    const error = failed.get(peer);
    return [peer, asked, error ? { error } : judge(peer, work, done.get(peer) ?? [], asked.job.warmup, losses)];
  });
}

/**
 * Says who is left out and why; the others.
 *
 * @param {Peer[]} peers
 * @param {{python: string | null, adapter: string | null}} machine
 */
function present(peers, machine) {
  return peers.filter((peer) => {
    const why = missing(peer, machine);
    if (why) console.log(`${peer.who} is left out: ${why}.`);
    return why === null;
  });
}

/**
 * What a peer did, with all that it takes to read the figure later.
 *
 * @param {Work} work
 * @param {Peer} peer
 * @param {string} note
 * @param {Partial<Result>} figures
 * @param {import("./browser.mjs").Browsers} browsers
 * @returns {Result}
 */
function complete(work, peer, note, figures, { version, adapter }) {
  const { who, name, device, runs } = peer;
  return {
    figure: "step",
    who,
    name,
    device,
    ...work,
    ...(runs === "browser" ? { browser: `Chromium ${version}` } : {}),
    ...(device === "WebGPU" ? { adapter: adapter ?? "" } : {}),
    ...(note ? { note } : {}),
    ...figures,
    ...stamp(),
  };
}

/** All works in turn. @param {Wishes} wishes @param {import("./browser.mjs").Browsers} browsers */
async function timeAll(wishes, browsers) {
  const python = findPython();
  const peers = present(choose(wishes.who), { python, adapter: browsers.adapter });
  const losses = new Losses();
  const run = (/** @type {Peer} */ peer, /** @type {import("./work.js").Job} */ job) =>
    peer.runs === "browser"
      ? browsers.run(peer, job, PATIENCE)
      : native.run(peer, job, { engine, python, patience: PATIENCE });
  for (const work of works(wishes)) {
    const members = peers.flatMap((peer) => {
      const asked = ask(work, peer, { wishes, software: browsers.software });
      return asked ? [/** @type {[Peer, Asked]} */ ([peer, asked])] : [];
    });
    if (members.length === 0) continue;
    const judged = await time(work, members, run, losses);
    const results = judged.map(([peer, { note }, figures]) => complete(work, peer, note, figures, browsers));
    // Kept at once, so that a run that is broken off loses nothing.
    draw(keep(results));
    console.log(stepTable(results));
  }
}

async function main() {
  const wishes = read(process.env);
  const onlyFacts = wishes.who.join() === "facts";
  const browsers = await start(chromium, modules);
  const { machine, load, date } = stamp();
  const { version, adapter, software } = browsers;
  console.log(`${machine}; load ${load}; ${date}`);
  console.log(`Chromium ${version}, WebGPU adapter: ${adapter ?? "none"}${software ? " (software)" : ""}`);
  try {
    if (!onlyFacts) await timeAll(wishes, browsers);
  } finally {
    browsers.close();
  }
  if (onlyFacts || wishes.who.length === 0) {
    const heads = [...frozen(engine), ...(await frozenInBrowser(chromium))];
    const figures = [...padding(engine), ...heads, ...(await pageLoad(chromium)), ...(await sizes())];
    keep(figures);
    console.log(factLines(figures));
  }
  console.log("\nAll figures are in tests/bench/results.json, the chart is tests/bench/results.svg.");
}

main().catch((error) => {
  console.error(`\ntabtune: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
