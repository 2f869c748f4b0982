// Results → lines for the terminal.

/** @typedef {import("./results.mjs").Result} Result */

/** Three digits that count, and a unit. @param {number} ms */
export function time(ms) {
  if (ms >= 9_950) return `${(ms / 1000).toPrecision(3)} s`;
  return ms >= 995 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toPrecision(3)} ms`;
}

const size = (/** @type {number | null | undefined} */ bytes) => (bytes ? `${(bytes / 1e6).toFixed(0)} MB` : "–");

const HEAD = [
  "who",
  "on",
  "threads",
  "median",
  "min",
  "max",
  "steps",
  "tokens/s",
  "CPU s",
  "first step",
  "memory",
  "notes",
];
/** Columns of words; numbers go to the right. */
const WORDS = new Set([0, 1, 11]);

/** @param {Result} result */
function row(result) {
  const { name, device, threads, ms, steps, cpu_s, first_ms, peak_bytes, batch = 0, tokens = 0 } = result;
  const start = [name, device, threads ? String(threads) : "–"];
  if (!ms) return [...start, ...Array(8).fill("–"), result.error ?? ""];
  const calls = result.dispatches ? `${result.dispatches} dispatches` : "";
  const host = result.host_ms ? `asked for in ${time(result.host_ms.median)}` : "";
  return [
    ...start,
    time(ms.median),
    time(ms.min),
    time(ms.max),
    String(steps),
    String(Math.round((1000 * batch * tokens) / ms.median)),
    cpu_s == null ? "–" : cpu_s.toFixed(2),
    first_ms ? time(first_ms) : "–",
    size(peak_bytes),
    [calls, host, result.note].filter(Boolean).join(", "),
  ];
}

/** @param {Result} result */
function heading({ task, shape, batch, tokens }) {
  const what =
    { full: "Full fine-tuning, one step", lora: "LoRA of rank 8, one step" }[task ?? ""] ?? "Inference, one batch";
  const encoder = shape === "base" ? "BERT base (110 M parameters)" : "MiniLM-L6 (22.7 M parameters)";
  return `${what}: ${encoder}, ${batch} rows of ${tokens} tokens`;
}

/** @param {string[][]} rows */
function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (/** @type {string} */ text, /** @type {number} */ column) =>
    WORDS.has(column) ? text.padEnd(widths[column]) : text.padStart(widths[column]);
  return rows.map((row) => `  ${row.map(cell).join("  ").trimEnd()}`);
}

/** Steps of one work, the fastest first. @param {Result[]} results */
export function stepTable(results) {
  const sorted = [...results].sort((a, b) => (a.ms?.median ?? Infinity) - (b.ms?.median ?? Infinity));
  return ["", heading(results[0]), ...aligned([HEAD, ...sorted.map(row)])].join("\n");
}

/** Figures that are no steps. @param {Result[]} results */
export function factLines(results) {
  const lines = results.map(({ figure, name, bytes, ms, shares, error }) => {
    if (error) return `${name}: ${error}`;
    if (figure === "size" && bytes) {
      const { raw, gzip, brotli } = bytes;
      return `${name}: ${[raw, gzip, brotli].map((n) => (n / 1e6).toFixed(2)).join(" / ")} MB raw / gzip / brotli`;
    }
    if (figure === "frozen" && bytes === undefined && shares) {
      return `${name}: ${time(shares.first)}, ten more recipes ${time(shares.ten_more)}`;
    }
    if (figure === "padding" && shares) {
      const parts = Object.entries(shares).map(([how, share]) => `${(100 * share).toFixed(1)} % ${how}`);
      return `${name}: ${parts.join(", ")}`;
    }
    return `${name}: ${ms ? time(ms.median) : "–"}`;
  });
  return lines.length > 0 ? ["", "Else", ...lines.map((line) => `  ${line}`)].join("\n") : "";
}
