// Results → results.svg: a bar per peer for full fine-tuning of MiniLM, one group per batch; readable light and dark.
import { writeFileSync } from "node:fs";
import { time } from "./table.mjs";

/** @typedef {import("./results.mjs").Result} Result */

const FILE = new URL("./results.svg", import.meta.url);
const GROUPS = ["16x32", "32x64", "16x128"];
const WIDTH = 820;
/** Where the bars begin, and how much of the width the longest takes. */
const LEFT = 330;
const LONGEST = WIDTH - LEFT - 90;
const ROW = 22;

// With a ground of its own: the page around it may be light where the system is dark.
const STYLE = `
    .ground { fill: #ffffff; }
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; font-size: 15px; }
    .group { font-weight: 600; }
    .quiet { fill: #59636e; font-size: 12px; }
    .ours { fill: #0b7285; }
    .peer { fill: #a8b1ba; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; }
      text { fill: #e6edf3; }
      .quiet { fill: #9198a1; }
      .ours { fill: #3bc9db; }
      .peer { fill: #59636e; }
    }`;

const escaped = (/** @type {string} */ text) =>
  text.replace(/[&<>"]/g, (sign) => `&#${/** @type {number} */ (sign.codePointAt(0))};`);

/** @param {number} x @param {number} y @param {string} kind @param {string} text @param {string} [anchor] */
const words = (x, y, kind, text, anchor = "start") =>
  `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped(text)}</text>`;

/** @param {Result} result */
function label({ name, device, threads }) {
  const on = device === "CPU" ? `${threads} thread${threads === 1 ? "" : "s"}` : device;
  return `${name}, ${on}`;
}

/**
 * One group of bars. Lengths are comparable within a group.
 *
 * @param {string} batch
 * @param {Result[]} results
 * @param {number} top
 */
function group(batch, results, top) {
  const sorted = [...results].sort((a, b) => median(a) - median(b));
  const slowest = Math.max(...sorted.map(median));
  const bars = sorted.map((result, index) => {
    const y = top + 14 + index * ROW;
    const length = Math.max(1, (LONGEST * median(result)) / slowest).toFixed(1);
    const kind = result.name.startsWith("Tabtune") ? "ours" : "peer";
    return [
      words(LEFT - 10, y + 13, "", label(result), "end"),
      `<rect x="${LEFT}" y="${y + 2}" width="${length}" height="${ROW - 7}" rx="2" class="${kind}" />`,
      words(LEFT + Number(length) + 6, y + 13, "quiet", time(median(result))),
    ].join("\n  ");
  });
  const [rows, tokens] = batch.split("x");
  return [words(LEFT, top + 6, "group", `${rows} rows of ${tokens} tokens`), ...bars].join("\n  ");
}

const median = (/** @type {Result} */ { ms }) => ms?.median ?? 0;

/**
 * Draws what is there; nothing without any figure.
 *
 * @param {Result[]} all
 * @returns {boolean} Whether there was something to draw.
 */
export function draw(all) {
  const shown = all.filter(
    ({ figure, task, shape, ms, note }) =>
      figure === "step" && task === "full" && shape === "minilm" && ms && note !== "software adapter",
  );
  let top = 66;
  /** @type {string[]} */
  const parts = [];
  for (const batch of GROUPS) {
    const members = shown.filter((result) => `${result.batch}x${result.tokens}` === batch);
    if (members.length === 0) continue;
    parts.push(group(batch, members, top));
    top += members.length * ROW + 44;
  }
  if (parts.length === 0) return false;
  const machines = [...new Set(shown.map(({ machine }) => machine))].join("; ");
  const browsers = [...new Set(shown.flatMap(({ browser }) => browser ?? []))].join(", ");
  const [day] = shown
    .map(({ date }) => date.slice(0, 10))
    .sort()
    .reverse();
  const title = "A step of full fine-tuning, MiniLM-L6, f32: median time, less is better";
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n  </style>`,
    `<rect width="${WIDTH}" height="${top}" rx="6" class="ground" />`,
    words(16, 24, "title", title),
    words(16, 44, "quiet", [machines, browsers, day].filter(Boolean).join("; ")),
    ...parts,
  ];
  writeFileSync(FILE, `${lines.join("\n  ")}\n</svg>\n`);
  return true;
}
