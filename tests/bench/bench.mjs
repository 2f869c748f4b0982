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
  // The first step compiles kernels and touches memory for the first time. Losses are read every few steps, so only the
  // mean of the others means anything.
  const [first, last] = [steps[0], steps.at(-1)];
  const seconds = last.seconds - first.seconds;
  const figures = [
    `first step ${first.seconds.toFixed(2)} s`,
    `then ${(seconds / (last.step - first.step)).toFixed(3)} s`,
    `${Math.round((last.tokens - first.tokens) / seconds)} tokens/s`,
  ];
  return `${batch_size} rows of ${max_length} tokens at most: ${figures.join(", ")}`;
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
