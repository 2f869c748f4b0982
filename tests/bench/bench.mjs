// Times training steps of the default encoder with the terminal program: node bench.mjs PROGRAM DEVICE. One line per step
// size; more measures are added to `MEASURES`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [program, device] = process.argv.slice(2);

/** Each trains one epoch over the first `rows` rows of the page's example. */
const MEASURES = [
  { rows: 96, batch_size: 16, max_length: 32 },
  { rows: 96, batch_size: 32, max_length: 64 },
];

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}

/**
 * @param {typeof MEASURES[number]} measure
 * @param {string} folder Scratch.
 */
function time({ rows, batch_size, max_length }, folder) {
  const data = path.join(folder, "rows.csv");
  const lines = readFileSync(path.join(root, "www/example.csv"), "utf8").split("\n");
  writeFileSync(data, lines.slice(0, rows + 1).join("\n") + "\n");
  const model = path.join(root, "pkg/models/all-MiniLM-L6-v2");
  const run = spawnSync(
    program,
    [
      "train",
      "--model",
      model,
      "--data",
      data,
      "--text",
      "message",
      "--label",
      "topic",
      "--out",
      path.join(folder, "out"),
      "--device",
      device,
      "--json",
    ].concat(["--epochs", "1", "--batch-size", String(batch_size), "--max-length", String(max_length)]),
    { encoding: "utf8", maxBuffer: 1 << 26 },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  const events = run.stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const steps = events.filter((event) => event.type === "step");
  // The first step compiles kernels and touches memory for the first time.
  const seconds = steps.slice(1).map((step, i) => step.seconds - steps[i].seconds);
  const tokens = (steps.at(-1).tokens - steps[0].tokens) / (steps.at(-1).seconds - steps[0].seconds);
  return `${batch_size} × ${max_length} at most: first step ${steps[0].seconds.toFixed(2)} s, then median ${median(seconds).toFixed(3)} s, ${Math.round(tokens)} tokens/s`;
}

const folder = mkdtempSync(path.join(os.tmpdir(), "tabtune-bench-"));
try {
  console.log(
    `${os.cpus()[0].model}, ${os.cpus().length} threads, device ${device}, load ${os.loadavg()[0].toFixed(1)}`,
  );
  for (const measure of MEASURES) console.log(time(measure, folder));
} finally {
  rmSync(folder, { recursive: true });
}
