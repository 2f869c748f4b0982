// The curves of all runs of a search in one chart, the best and the one under way in colour, the others faint.

import uPlot from "./pkg/vendor/uplot.js";
import { across, color, upwards } from "./charts.js";
import { fill, h, show } from "./dom.js";
import { direction, showScore, titleOf } from "./scores.js";

/**
 * @typedef {import("./search.js").Row} Row
 * @typedef {import("./protocol.js").ScoreWords} ScoreWords
 * @typedef {{row: Row, values: (number|null)[], rank: "best"|"running"|"other"}} Curve  A score per epoch.
 */

const HEIGHT = 236;
/** How each kind of curve is drawn, the last ones on top. */
const LOOKS = {
  other: { color: "--edge", width: 1.5, opacity: 0.55 },
  running: { color: "--chart-train", width: 2.5, opacity: 1 },
  best: { color: "--chart-validation", width: 3, opacity: 1 },
};
const RANKS = /** @type {const} */ (["other", "running", "best"]);

export function overlayChart() {
  const heading = h("h3", {});
  const key = h("p", { class: "legend", "aria-hidden": "true" });
  const canvas = h("div", { id: "runs-chart", class: "canvas", role: "img" });
  const element = h("figure", { class: "chart" }, h("figcaption", { class: "title-row" }, heading, key), canvas);
  /** @type {uPlot|null} */
  let plot = null;
  /** @type {Curve[]} */
  let shown = [];
  /** @type {ScoreWords|null} */
  let measured = null;
  element.hidden = true;

  new ResizeObserver(() => draw()).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot?.redraw(false));

  function draw() {
    const width = Math.floor(canvas.clientWidth);
    if (width <= 0 || shown.length === 0 || !measured) return;
    if (plot) return plot.setSize({ width, height: HEIGHT });
    const epochs = Math.max(...shown.map(({ values }) => values.length));
    const columns = shown.map(({ values }) => Array.from({ length: epochs }, (_, at) => values[at] ?? null));
    const data = [Array.from({ length: epochs }, (_, at) => at + 1), ...columns];
    plot = new uPlot(options(width, shown, measured), /** @type {uPlot.AlignedData} */ (data), canvas);
  }

  /** @param {Curve[]} curves @param {ScoreWords|null} score */
  function update(curves, score) {
    // Of a single epoch there is no curve; the table says what was reached.
    const some = curves.some(({ values }) => values.length > 1) && score !== null;
    show(element, some);
    plot?.destroy();
    plot = null;
    shown = some ? curves.toSorted((a, b) => RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank)) : [];
    measured = score;
    if (!some || !score) return;
    heading.textContent = `${titleOf(score)} after each epoch of all runs, ${direction(score)}`;
    const ranks = RANKS.toReversed().flatMap((rank) => shown.filter((curve) => curve.rank === rank).slice(0, 1));
    fill(key, ...ranks.map(legend));
    canvas.setAttribute("aria-label", inWords(shown, score));
    draw();
  }

  return { element, update };
}

/** @param {Curve} curve */
function legend({ rank, row }) {
  const swatch = h("span", { class: "swatch line" });
  swatch.style.setProperty("--color", `var(${LOOKS[rank].color})`);
  swatch.style.opacity = String(LOOKS[rank].opacity);
  const words = { best: `best: run ${row.trial}`, running: `under way: run ${row.trial}`, other: "others" };
  return h("span", {}, swatch, words[rank]);
}

/** @param {Curve[]} curves @param {ScoreWords} score */
function inWords(curves, score) {
  const best = curves.find(({ rank }) => rank === "best");
  const reached = best ? ` The best is run ${best.row.trial} with ${showScore(score, best.row.score)}.` : "";
  return `${titleOf(score)} by epoch of ${curves.length === 1 ? "1 run" : `${curves.length} runs`}, ${direction(score)}.${reached}`;
}

/** @param {number} width @param {Curve[]} curves @param {ScoreWords} score @returns {uPlot.Options} */
function options(width, curves, score) {
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 8 } },
    scales: { x: { time: false, range: (_, low, high) => [low, Math.max(high, low + 1)] }, y: { range } },
    axes: [across("epoch", [1, 2, 5, 10, 20, 50, 100, 200, 500]), upwards(() => score)],
    series: [{}, ...curves.map(({ rank }) => line(LOOKS[rank]))],
    padding: [8, 12, 0, 0],
  };
}

/** Not from zero, unlike the curves of a single run: small differences are what one looks for. @param {uPlot} _ @param {number|null} low @param {number|null} high @returns {[number, number]} */
function range(_, low, high) {
  if (low === null || high === null) return [0, 1];
  const margin = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - margin, high + margin];
}

/** @param {typeof LOOKS["best"]} look @returns {uPlot.Series} */
function line({ color: name, width, opacity }) {
  const stroke = () => color(name);
  return { stroke, width, alpha: opacity, spanGaps: true, points: { show: true, size: 4 + width, fill: stroke } };
}
