// The curves of a run, drawn by uPlot in the page's own colours, each with a sentence for those who cannot see them.

import uPlot from "./pkg/vendor/uplot.js";
import { fill, h, show, tell } from "./dom.js";
import { loss, plain } from "./format.js";
import { bestOf, describe, direction, mainScores, showScore, showTick, titleOf } from "./scores.js";

/**
 * @typedef {import("./run.js").RunState} RunState
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color      Custom property that holds the colour.
 * @property {number} [width]
 * @property {number} [opacity]
 * @property {boolean} [points]  Marks each value, for lines with few.
 * @property {(value: number) => string} format
 *
 * @typedef {import("./protocol.js").ScoreWords} ScoreWords
 */

const FONT = "12px system-ui, sans-serif";
/** What is no score is a plain number. */
const NUMBER = describe([], "number");
/** Charts of different kinds of numbers begin at the same place. */
const LEFT = 56;

/** Training loss, raw and smoothed, with the validation loss of each epoch. */
export function lossChart() {
  const chart = lineChart("loss-chart", "Loss", 256, [
    { label: "each step", color: "--chart-train", width: 1, opacity: 0.4, format: loss },
    { label: "smoothed", color: "--chart-train", width: 2.5, format: loss },
    { label: "validation", color: "--chart-validation", width: 2.5, points: true, format: loss },
  ]);

  /** @param {RunState["curves"]} curves @param {RunState["epochs"]} epochs */
  function update(curves, epochs) {
    /** @type {(number|null)[]} */
    const validation = curves.step.map(() => null);
    for (const epoch of epochs) {
      const place = curves.step.indexOf(epoch.step);
      if (place >= 0 && epoch.validation) validation[place] = epoch.validation.loss;
    }
    chart.update([curves.step, curves.loss, curves.smooth, validation], spanOf(curves));
    const last = curves.smooth.at(-1);
    if (last === undefined) return;
    const measured = epochs.at(-1)?.validation;
    const also = measured ? ` Validation loss after the last epoch: ${loss(measured.loss)}.` : "";
    chart.describe(
      `Loss by step: from ${loss(curves.smooth[0])} at the start to ${loss(last)} at step ${curves.step.at(-1)}.${also}`,
    );
  }

  return { element: chart.element, update };
}

/** The learning rate of each step. */
export function rateChart() {
  const format = (/** @type {number} */ value) => plain(Number(value.toPrecision(3)));
  const chart = lineChart("rate-chart", "Learning rate", 146, [
    { label: "learning rate", color: "--chart-rate", width: 2, format },
  ]);

  /** @param {RunState["curves"]} curves */
  function update(curves) {
    chart.update([curves.step, curves.learning_rate], spanOf(curves));
    const last = curves.learning_rate.at(-1);
    if (last !== undefined) chart.describe(`Learning rate by step: ${format(last)} at step ${curves.step.at(-1)}.`);
  }

  return { element: chart.element, update };
}

/** The main score on the validation rows after each epoch; hidden while there is none. */
export function scoreChart() {
  let score = NUMBER;
  const format = (/** @type {number} */ value) => showScore(score, value);
  const lines = [{ label: "validation", color: "--chart-validation", width: 2.5, points: true, format }];
  const chart = lineChart("score-chart", "Score", 166, lines, () => score);
  chart.element.hidden = true;

  /** @param {RunState["curves"]} curves @param {RunState["epochs"]} epochs @param {ScoreWords[]} table */
  function update(curves, epochs, table) {
    const main = mainScores(epochs);
    show(chart.element, main !== null && main.values.length > 0);
    if (!main || main.values.length === 0) return;
    score = describe(table, main.name);
    const way = direction(score);
    chart.entitle(`${titleOf(score)} after each epoch, ${way}`);
    chart.update([main.values.map(({ step }) => step), main.values.map(({ value }) => value)], spanOf(curves));
    const best = bestOf(main.values, score);
    const last = main.values[main.values.length - 1];
    chart.describe(
      `${titleOf(score)} by epoch, ${way}: ${format(last.value)} after epoch ${last.epoch}; ` +
        `best ${format(best?.value ?? last.value)} after epoch ${best?.epoch ?? last.epoch}.`,
    );
  }

  return { element: chart.element, update };
}

/**
 * @param {string} id
 * @param {string} title
 * @param {number} height  In CSS pixels, without the legend.
 * @param {Line[]} lines
 * @param {() => ScoreWords} [measured]  What its numbers are.
 */
function lineChart(id, title, height, lines, measured = () => NUMBER) {
  const canvas = h("div", { id, class: "canvas", role: "img", "aria-label": title });
  const heading = h("h3", {}, title);
  const key = h("p", { class: "legend", "aria-hidden": "true" });
  const element = h("figure", { class: "chart" }, h("figcaption", { class: "title-row" }, heading, key), canvas);
  /** @type {uPlot|null} */
  let plot = null;
  /** @type {(number|null)[][]} */
  let shown = [[]];
  /** Steps from one end to the other. @type {[number, number]} */
  let span = [0, 1];
  /** Lines that have a value somewhere. @type {Line[]} */
  let drawn = [];

  // Drawn once the page is laid out: whoever asks for a width before that makes the browser lay it out there and then.
  new ResizeObserver((sizes) => draw(sizes[sizes.length - 1].contentRect.width)).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot?.redraw(false));
  write(null);

  /** @param {number} available  In CSS pixels. */
  function draw(available) {
    const width = Math.floor(available);
    if (width <= 0) return;
    if (plot === null) plot = new uPlot(options(width), dataOf(shown), canvas);
    else if (plot.width !== width) plot.setSize({ width, height });
  }

  /** The legend: what each line is and, under the pointer, its value. @param {number|null} place */
  function write(place) {
    const entries = drawn.map((line) => {
      const value = place === null ? null : (shown[lines.indexOf(line) + 1]?.[place] ?? null);
      const swatch = h("span", { class: "swatch line" });
      swatch.style.setProperty("--color", `var(${line.color})`);
      swatch.style.opacity = String(line.opacity ?? 1);
      return h("span", {}, swatch, value === null ? line.label : `${line.label} ${line.format(value)}`);
    });
    fill(key, place !== null && `step ${shown[0]?.[place] ?? ""}`, ...entries);
  }

  /** @param {number} width @returns {uPlot.Options} */
  function options(width) {
    return {
      width,
      height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 8 } },
      scales: { x: { time: false, range: () => span }, y: { range: (_, min, max) => yRange(min, max) } },
      axes: [
        across("step", [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000]),
        upwards(measured),
      ],
      series: [{}, ...lines.map(series)],
      hooks: { setCursor: [(plot) => write(plot.cursor.idx ?? null)] },
      padding: [8, 8, 0, 0],
    };
  }

  return {
    element,

    /** @param {(number|null)[][]} data @param {[number, number]} steps  From where to where, whatever the lines reach. */
    update(data, steps) {
      shown = data;
      span = steps;
      plot?.setData(dataOf(data));
      const known = lines.filter((_, index) => data[index + 1].some((value) => value !== null));
      if (known.length === drawn.length) return;
      drawn = known;
      write(plot?.cursor.idx ?? null);
    },

    /** @param {string} words */
    entitle(words) {
      tell(heading, words);
    },

    /** @param {string} words */
    describe(words) {
      canvas.setAttribute("aria-label", words);
    },
  };
}

/** The same for all charts of a run, so that what stands above one another was at the same time. @param {RunState["curves"]} curves @returns {[number, number]} */
function spanOf({ step }) {
  const [first, last] = [step[0] ?? 0, step.at(-1) ?? 1];
  return [first, Math.max(last, first + 1)];
}

/**
 * From zero, so that heights can be compared; below it only where a correlation or R² is. A gap has neither end.
 *
 * @param {number|null} min @param {number|null} max @returns {[number, number]}
 */
function yRange(min, max) {
  const low = min !== null && min < 0 ? min * 1.05 : 0;
  return [low, max !== null && max > 0 ? max * 1.05 : low < 0 ? 0 : 1];
}

/** A loss that is not a number leaves a gap. @param {(number|null)[][]} data @returns {uPlot.AlignedData} */
function dataOf(data) {
  const clean = data.map((column) => column.map((value) => (value !== null && Number.isFinite(value) ? value : null)));
  return /** @type {uPlot.AlignedData} */ (clean);
}

/** @param {Line} line @returns {uPlot.Series} */
function series({ color: name, width = 2, opacity = 1, points = false }) {
  return {
    stroke: () => color(name),
    width,
    alpha: opacity,
    spanGaps: points,
    points: { show: points, size: 9, fill: () => color(name) },
  };
}

/** The axis at the foot. @param {string} label What is counted. @param {number[]} incrs @returns {uPlot.Axis} */
export function across(label, incrs) {
  return { ...axis(), incrs, size: 30, label, labelSize: 16, labelGap: 0, labelFont: FONT };
}

/** The axis at the side. @param {() => ScoreWords} measured @returns {uPlot.Axis} */
export function upwards(measured) {
  return { ...axis(), size: LEFT, values: (_, values) => values.map((value) => showTick(measured(), value)) };
}

/** @returns {uPlot.Axis} */
function axis() {
  const line = { stroke: () => color("--line"), width: 1 };
  return { stroke: () => color("--muted"), font: FONT, grid: line, ticks: { ...line, size: 4 } };
}

/** @param {string} name */
export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
