// What is timed: from the filters of `make bench` to a list of works, each with those who do it.
import { SHAPES } from "./work.js";

/** @typedef {import("./who.mjs").Peer} Peer */
/** @typedef {import("./work.js").Job} Job */

/** @typedef {{task: string, shape: string, batch: number, tokens: number}} Work */

/**
 * @typedef {object} Wishes  The filters; empty lists and null where nothing was asked for.
 * @property {string[]} who
 * @property {string[]} tasks
 * @property {string[]} shapes
 * @property {string[]} batches
 * @property {number | null} steps
 */

/** Heads on texts that are encoded once are timed by themselves, see facts.mjs. */
export const TASKS = ["full", "lora", "inference"];

/** A batch that is small enough for software adapters, and those of real use. */
const SMALL = "4x32";
const BATCHES = ["16x32", "16x128", "32x64"];

/** What a run without filters times: 20 minutes or so. */
const DEFAULT = [
  ...[SMALL, ...BATCHES].map((batch) => ({ task: "full", shape: "minilm", ...sizes(batch) })),
  { task: "inference", shape: "minilm", ...sizes("16x32") },
  { task: "lora", shape: "minilm", ...sizes("16x32") },
  { task: "full", shape: "base", ...sizes("16x32") },
];

/**
 * Reads the filters from the environment.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Wishes}
 */
export function read(env) {
  const list = (/** @type {string} */ name, /** @type {string[] | null} */ allowed) => {
    const items = (env[name] ?? "").split(/[\s,]+/).filter(Boolean);
    const odd = items.find((item) => allowed && !allowed.includes(item));
    if (odd) throw new Error(`${name}=${odd} is not known; there are ${allowed?.join(", ")}.`);
    return items;
  };
  const steps = env.STEPS ? Number(env.STEPS) : null;
  if (steps !== null && !(Number.isInteger(steps) && steps > 0)) throw new Error(`STEPS=${env.STEPS} is not a number.`);
  const batches = list("BATCH", null);
  batches.forEach(sizes);
  return {
    who: list("WHO", null),
    tasks: list("TASK", TASKS),
    shapes: list("SHAPE", Object.keys(SHAPES)),
    batches,
    steps,
  };
}

/** @param {string} batch For example `16x32`. */
function sizes(batch) {
  const [rows, tokens] = /^([1-9]\d{0,3})x([1-9]\d{0,2})$/.exec(batch)?.slice(1).map(Number) ?? [];
  if (!rows || tokens > 512)
    throw new Error(`BATCH=${batch} is not ROWSxTOKENS, for example 16x32; tokens end at 512.`);
  return { batch: rows, tokens };
}

/**
 * All works that are wanted.
 *
 * @param {Wishes} wishes
 * @returns {Work[]}
 */
export function works({ tasks, shapes, batches }) {
  if (tasks.length + shapes.length + batches.length === 0) return DEFAULT;
  /** @param {string[]} wished @param {string[]} otherwise */
  const or = (wished, otherwise) => (wished.length > 0 ? wished : otherwise);
  return or(tasks, ["full"]).flatMap((task) =>
    or(shapes, ["minilm"]).flatMap((shape) => or(batches, BATCHES).map((batch) => ({ task, shape, ...sizes(batch) }))),
  );
}

/**
 * What one peer is asked for at a work, and how often; null where it would take too long and nobody named it.
 *
 * @param {Work} work
 * @param {Peer} peer
 * @param {{wishes: Wishes, software: boolean}} context `software`: whether the browser's adapter is emulated.
 * @returns {{job: Job, rounds: number, note: string} | null}
 */
export function ask(work, peer, { wishes, software }) {
  if (work.task === "lora" && !peer.lora) return null;
  const emulated = software && peer.device === "WebGPU";
  const slow = peer.slow || emulated;
  const { shape, batch, tokens, task } = work;
  const small = shape === "minilm" && task === "full" && `${batch}x${tokens}` === SMALL;
  if (slow && !small && wishes.batches.length === 0) return null;
  // Rounds in turn cost a start and a warm-up each: cheap for short steps alone.
  const long = slow || shape === "base" || batch * tokens > 1024;
  const rounds = long ? 1 : 2;
  const wanted = wishes.steps ?? (slow ? 1 : long ? 4 : 6);
  const job = { ...work, warmup: long ? 1 : 2, steps: Math.ceil(wanted / rounds), seconds: 12 };
  return { job, rounds, note: emulated ? "software adapter" : "" };
}
