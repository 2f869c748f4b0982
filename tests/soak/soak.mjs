// Kills the engine's worker, the page, the GPU's process or the whole browser, N times at a random moment of training, loading or
// checkpointing, and looks whether the next visit goes on: `node tests/soak/soak.mjs N [SEED]`. One line per kind; the exit
// status tells whether anything was lost.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "../../tools/serve.mjs";
import { file, modelFiles, table } from "../browser/fixtures.mjs";
import { FLAGS, PATIENCE } from "../browser/harness.mjs";
import { kill } from "../browser/processes.mjs";
import { choose, drop, reaches, reads } from "../browser/user.mjs";
import { randomFrom } from "./random.mjs";

/** @typedef {import("playwright-core").Page} Page */

const KINDS = /** @type {const} */ (["worker", "page", "gpu", "browser"]);
const MOMENTS = /** @type {const} */ (["training", "checkpointing", "loading"]);
/** Longer than any kill waits, short enough to be run to its end each time. */
const RECIPE = { epochs: 600, learning_rate: 0.003 };
/** Seconds between checkpoints; while checkpointing is what is disturbed, as often as the page allows. */
const INTERVAL = { training: 0.5, loading: 0.5, checkpointing: 0.01 };
/** The longest that a kill waits for its moment. */
const WITHIN_MS = { training: 1500, loading: 600, checkpointing: 40 };

const rounds = Number(process.argv[2] ?? 100);
const seed = Number(process.argv[3] ?? 1);
const random = randomFrom(seed);
const server = await serve(0);
const profile = mkdtempSync(join(tmpdir(), "tabtune-soak-"));
/** The browser, started again after each time that it was killed. */
let context = await launch();

async function launch() {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    viewport: { width: 1280, height: 900 },
  });
}

/** @param {"cpu"|"gpu"} device @param {keyof typeof INTERVAL} moment @returns {Promise<Page>} */
async function visit(device, moment) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("dialog", (dialog) => dialog.accept().catch(() => null));
  await page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
  await page.goto(`${server.url}?device=${device}&checkpoints=${INTERVAL[moment]}`);
  return page;
}

/** The losses and scores of each epoch. @param {Page} page */
function epochs(page) {
  return page.locator("#epochs tbody tr").evaluateAll((rows) =>
    rows.map((row) =>
      [...row.children]
        .slice(0, -1)
        .map((cell) => cell.textContent)
        .join(" "),
    ),
  );
}

/** The step that a line of the page names. @param {string} line @returns {number} */
const stepIn = (line) => Number(/step (\d+)/.exec(line)?.[1] ?? 0);

/** @param {Page} page */
const stepKept = async (page) => stepIn(await reads(page, "#run-kept", /up to step [1-9]/));

/** @param {Page} page @param {string} name */
async function open(page, name) {
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await drop(page, [file(`${name}.csv`, table(24))]);
  await reaches(page, "ready");
  await choose(page, RECIPE);
}

/** @param {Page} page @param {typeof KINDS[number]} kind */
async function strike(page, kind) {
  if (kind === "worker") {
    const alarm = () =>
      new BroadcastChannel(self.name).postMessage({ error: { kind: "worker", message: "Killed by the test." } });
    // The engine's worker is the first that a page starts; after it was replaced, the first that is left.
    const engine = page.workers().find((worker) => !worker.url().includes("projects")) ?? page.workers()[0];
    await engine.evaluate(alarm).catch(() => null);
    return;
  }
  const ended =
    kind === "page" ? page.waitForEvent("crash") : kind === "browser" ? context.waitForEvent("close") : null;
  if (kill(kind === "page" ? "renderer" : kind === "gpu" ? "gpu-process" : "browser") === 0) {
    throw new Error(`found no process of the ${kind}`);
  }
  await ended;
}

/**
 * The visit after a kill: the run must go on from the step that was known to be kept, or from a later one.
 *
 * @param {Page} page @param {typeof KINDS[number]} kind @param {typeof MOMENTS[number]} moment @param {number} kept
 * @returns {Promise<Page>} With the run going on.
 */
async function again(page, kind, moment, kept) {
  if (kind === "browser") context = await launch();
  if (kind === "page") await page.close().catch(() => null);
  const next = kind === "page" || kind === "browser" ? await visit("cpu", moment) : page;
  if (kind === "worker") await next.locator("#revive").click();
  // Where only the GPU went away, the page goes on by itself.
  if (kind === "gpu") {
    await next.waitForFunction((step) => {
      const words = document.querySelector("#run-kept")?.textContent ?? "";
      return document.documentElement.dataset.phase === "running" && Number(/step (\d+)/.exec(words)?.[1]) > step;
    }, kept);
    return next;
  }
  const offered = stepIn(await reads(next, "#continue-words", /step \d+ of \d+/));
  if (offered < kept) throw new Error(`step ${kept} was kept, but only step ${offered} is offered`);
  await next.locator("#continue").click();
  return next;
}

/** @param {number} round @param {typeof KINDS[number]} kind @param {typeof MOMENTS[number]} moment @param {string[]} expected */
async function disturb(round, kind, moment, expected) {
  let page = await visit(kind === "gpu" ? "gpu" : "cpu", moment);
  await open(page, `soak-${round}`);
  await page.locator('#train[aria-disabled="false"]').click();
  let kept = await stepKept(page);
  if (moment === "loading" && kind !== "gpu") {
    // Once more, in the middle of going on.
    await strike(page, "page");
    page = await again(page, "page", moment, kept);
  }
  await page.waitForTimeout(random() * WITHIN_MS[moment]);
  kept = Math.max(kept, stepIn((await page.locator("#run-kept").textContent()) ?? ""));
  if ((await page.locator("html").getAttribute("data-phase")) === "trained")
    throw new Error("the run was over too soon");
  await strike(page, kind);
  page = await again(page, kind, moment, kept);
  if (kind === "gpu") {
    await page.locator("#stop").click();
    await reaches(page, "trained");
  } else {
    await reaches(page, "trained");
    const found = await epochs(page);
    if (found.join() !== expected.join()) throw new Error(`other losses:\n${found.join("\n")}`);
  }
  const list = await page.locator("#projects").textContent();
  if (/damaged/.test(list ?? "")) throw new Error(`a project is damaged: ${list}`);
  await page.close();
}

const calm = await visit("cpu", "training");
await open(calm, "calm");
await calm.locator('#train[aria-disabled="false"]').click();
await reaches(calm, "trained");
const expected = await epochs(calm);
await calm.close();

/** What the newest page says, for whoever has to find out what went wrong. */
async function shown() {
  const said = await context
    .pages()
    .at(-1)
    ?.evaluate(() => {
      const places = [
        "run-status",
        "run-kept",
        "run-error",
        "worker-error",
        "projects-error",
        "continue-words",
        "data-error",
      ];
      const words = places.flatMap((id) => {
        const place = document.getElementById(id);
        return place?.checkVisibility() && place.textContent ? [`${id}: ${place.textContent}`] : [];
      });
      return [`phase: ${document.documentElement.dataset.phase}`, ...words].join("; ");
    })
    .catch(() => "");
  return said ? `(${said})` : "";
}

/** @type {Map<string, {killed: number, lost: number}>} */
const counts = new Map();
for (let round = 0; round < rounds; round += 1) {
  const kind = KINDS[round % KINDS.length];
  const moment = MOMENTS[Math.floor(round / KINDS.length + round) % MOMENTS.length];
  const count = counts.get(kind) ?? { killed: 0, lost: 0 };
  counts.set(kind, count);
  count.killed += 1;
  try {
    await disturb(round, kind, moment, expected);
  } catch (thrown) {
    count.lost += 1;
    const [why] = `${thrown instanceof Error ? thrown.message : thrown}`.split("\n");
    console.log(`round ${round}, ${kind} while ${moment}: ${why} ${await shown()}`);
    await context.close().catch(() => null);
    context = await launch();
  }
}
for (const [kind, { killed, lost }] of counts) {
  console.log(`${kind}: killed ${killed} times, went on ${killed - lost} times, lost ${lost}`);
}
const lost = [...counts.values()].reduce((sum, count) => sum + count.lost, 0);
console.log(`Soak with seed ${seed}: ${rounds} kills, ${lost} lost`);
await context.close();
await server.close();
rmSync(profile, { recursive: true, force: true });
process.exit(lost === 0 ? 0 : 1);
