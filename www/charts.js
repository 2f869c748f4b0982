// The curves of a run, drawn by uPlot in the page's own colours, each with a sentence for those who cannot see them.

import uPlot from "./pkg/vendor/uplot.js";
import { fill, h, show } from "./dom.js";
import { compact, loss, plain } from "./format.js";
import { bestOf, describe, direction, mainScores, showScore, titleOf } from "./scores.js";

/**
 * @typedef {import("./run.js").RunState} RunState
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color      Custom property that holds the colour.
 * @property {number} [width]
 * @property {number} [opacity]
 * @property {boolean} [points]  Marks each value, for lines with few.
 * @property {(value: number) => string} format
 */

const FONT = "12px system-ui, sans-serif";

/** Training loss, raw and smoothed, with the validation loss of each epoch. */
export function lossChart() {
  const chart = lineChart("loss-chart", "Loss", 240, [
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
    chart.update([curves.step, curves.loss, curves.smooth, validation]);
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
  const chart = lineChart("rate-chart", "Learning rate", 130, [
    { label: "learning rate", color: "--chart-rate", width: 2, format: (value) => value.toExponential(2) },
  ]);

  /** @param {RunState["curves"]} curves */
  function update(curves) {
    chart.update([curves.step, curves.learning_rate]);
    const last = curves.learning_rate.at(-1);
    if (last !== undefined) chart.describe(`Learning rate by step: ${plain(last)} at step ${curves.step.at(-1)}.`);
  }

  return { element: chart.element, update };
}

/** The main score on the validation rows after each epoch; hidden while there is none. */
export function scoreChart() {
  /** @type {(value: number) => string} */
  let format = plain;
  const chart = lineChart("score-chart", "Score", 150, [
    {
      label: "validation",
      color: "--chart-validation",
      width: 2.5,
      points: true,
      format: (value) => format(value),
    },
  ]);
  chart.element.hidden = true;

  /** @param {RunState["epochs"]} epochs @param {import("./protocol.js").ScoreWords[]} table */
  function update(epochs, table) {
    const main = mainScores(epochs);
    show(chart.element, main !== null && main.values.length > 0);
    if (!main || main.values.length === 0) return;
    const score = describe(table, main.name);
    format = (value) => showScore(score, value);
    const way = direction(score);
    chart.entitle(`${titleOf(score)} after each epoch, ${way}`);
    chart.update([main.values.map(({ step }) => step), main.values.map(({ value }) => value)]);
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
 */
function lineChart(id, title, height, lines) {
  const canvas = h("div", { id, class: "canvas", role: "img", "aria-label": title });
  const heading = h("h3", {}, title);
  const key = h("p", { class: "legend", "aria-hidden": "true" });
  const element = h("figure", { class: "chart" }, h("figcaption", { class: "title-row" }, heading, key), canvas);
  /** @type {uPlot|null} */
  let plot = null;
  /** @type {(number|null)[][]} */
  let shown = [[]];

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
    const entries = lines.map((line, index) => {
      const value = place === null ? null : (shown[index + 1]?.[place] ?? null);
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
      scales: { x: { time: false }, y: { range: (_, min, max) => yRange(min, max) } },
      axes: [
        axis({ incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000], size: 30 }),
        axis({ size: 56, values: ticks }),
      ],
      series: [{}, ...lines.map(series)],
      hooks: { setCursor: [(plot) => write(plot.cursor.idx ?? null)] },
      padding: [8, 8, 0, 0],
    };
  }

  return {
    element,

    /** @param {(number|null)[][]} data */
    update(data) {
      shown = data;
      plot?.setData(dataOf(data));
    },

    /** @param {string} words */
    entitle(words) {
      heading.textContent = words;
    },

    /** @param {string} words */
    describe(words) {
      canvas.setAttribute("aria-label", words);
    },
  };
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

/** @param {Partial<uPlot.Axis>} more @returns {uPlot.Axis} */
export function axis(more) {
  const line = { stroke: () => color("--line"), width: 1 };
  return { stroke: () => color("--muted"), font: FONT, grid: line, ticks: { ...line, size: 4 }, ...more };
}

/** @param {uPlot} _ @param {number[]} values */
export function ticks(_, values) {
  // Labels of more than four digits would be cut off at the axis.
  return values.map((value) => (Math.abs(value) < 1e4 ? plain(Number(value.toPrecision(6))) : compact(value)));
}

/** @param {string} name */
export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
