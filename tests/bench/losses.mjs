// Writes losses.json, the losses that every peer must reach, with PyTorch: node losses.mjs PYTHON. To be run when work.js changes.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { run } from "./native.mjs";
import { works } from "./plan.mjs";
import { workName } from "./results.mjs";
import { choose } from "./who.mjs";

const FILE = new URL("./losses.json", import.meta.url);
const python = process.argv[2] ?? "python3";
const wishes = { who: [], tasks: [], shapes: [], batches: [], steps: null };
const [pytorch] = choose(["pytorch"]);
/** @type {Record<string, number[]>} */
const losses = existsSync(FILE) && process.argv[3] === "missing" ? JSON.parse(readFileSync(FILE, "utf8")) : {};
for (const work of works(wishes)) {
  const name = workName(work);
  // Inference has the loss of the first step.
  if (losses[name] || work.task !== "full") continue;
  const steps = work.shape === "base" ? 6 : 8;
  const job = { ...work, warmup: 0, steps, seconds: 3600 };
  const done = await run(pytorch, job, { engine: "", python, patience: 3600 });
  losses[name] = done.steps.map(({ loss }) => Number(loss.toPrecision(7)));
  console.log(`${name}: ${losses[name].join(" ")}`);
  const lines = Object.entries(losses).map(([name, values]) => `  "${name}": [${values.join(", ")}]`);
  writeFileSync(FILE, `{\n${lines.join(",\n")}\n}\n`);
}
