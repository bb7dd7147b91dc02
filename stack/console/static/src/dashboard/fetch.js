// @ts-check
import { isAbort, prometheus } from "../api.js";
import { seriesFrames, tableFrame } from "../panels/frames.js";
import { exemplars } from "../promql/exemplars.js";
import { interpolate } from "../promql/interpolate.js";
import { atEnd, instantSeries, rangeSeries } from "../promql/results.js";
import { aligned, rateWindow, stepFor } from "../time/step.js";

/**
 * @typedef {object} Asking what a panel's queries are asked with
 * @property {{from: number, to: number}} range milliseconds
 * @property {number} points how many points the panel has room for
 * @property {number} scrape seconds between two scrapes
 * @property {import("../promql/interpolate.js").Values} values of the dashboard's variables
 * @property {AbortSignal} signal
 * @property {<T>(task: () => Promise<T>) => Promise<T>} queue
 */

/**
 * All that a panel is drawn from.
 * @param {import("./layout.js").Panel} panel
 * @param {Asking} asking
 * @returns {Promise<import("../panels/registry.js").PanelData>}
 */
export async function panelData(panel, { range, points, scrape, values, signal, queue }) {
  const step = stepFor((range.to - range.from) / 1000, panel.maxDataPoints ?? points, scrape);
  const grid = { ...aligned(range, step), step };
  const windows = { step, rateWindow: rateWindow(step, scrape), range: (range.to - range.from) / 1000 };
  const targets = (panel.targets ?? [])
    .filter((target) => target.expr && target.hide !== true)
    .map((target) => ({ ...target, expr: interpolate(target.expr, windows, values) }));
  const answers = await Promise.all(targets.map((target) => queue(() => answer(target, grid, range, signal))));
  const marked = targets.filter(({ exemplar, instant }) => exemplar && !instant);
  const marks = await Promise.all(marked.slice(0, 1).map((target) => queue(() => traces(target, range, signal))));
  return {
    series: answers.flatMap(({ target, data }) => seriesOf(panel, target, data, grid)),
    frames: panel.type === "table" ? answers.flatMap(({ target, data }) => framesOf(target, data, targets.length)) : [],
    exemplars: marks.flat(),
    range,
    grid,
  };
}

/**
 * A chart may ask for what holds now beside what was: such a series stands on the chart's grid like the others.
 * @param {import("./layout.js").Panel} panel
 * @param {any} target
 * @param {any} data
 * @param {{from: number, to: number, step: number}} grid
 */
function seriesOf({ type }, target, data, grid) {
  if (!target.instant) return rangeSeries(data, grid, target);
  const found = instantSeries(data, target);
  return type === "timeseries" ? found.map((series) => atEnd(series, grid)) : found;
}

/**
 * @param {any} target
 * @param {{from: number, to: number, step: number}} grid
 * @param {{from: number, to: number}} range
 * @param {AbortSignal} signal
 */
async function answer(target, grid, range, signal) {
  const data = target.instant
    ? await prometheus("query", { params: { query: target.expr, time: range.to / 1000 }, signal })
    : await prometheus("query_range", {
        params: { query: target.expr, start: grid.from / 1000, end: grid.to / 1000, step: grid.step },
        signal,
      });
  return { target, data };
}

/**
 * Exemplars are a pointer, not the figure: a chart without them is still right, so their failure is not the panel's.
 * @param {any} target
 * @param {{from: number, to: number}} range
 * @param {AbortSignal} signal
 */
async function traces({ expr }, range, signal) {
  try {
    const params = { query: expr, start: range.from / 1000, end: range.to / 1000 };
    return exemplars(await prometheus("query_exemplars", { params, signal }), range);
  } catch (error) {
    if (isAbort(error)) throw error;
    return [];
  }
}

/**
 * @param {any} target
 * @param {any} data
 * @param {number} queries
 */
function framesOf(target, data, queries) {
  return target.format === "table" ? [tableFrame(data, target, queries)] : seriesFrames(data, target);
}

/**
 * True when there is nothing to draw.
 * @param {import("./layout.js").Panel} panel
 * @param {import("../panels/registry.js").PanelData} data
 */
export function isEmpty(panel, data) {
  if (panel.type === "text") return false;
  if (panel.type === "table")
    return data.frames.every(({ columns }) => columns.every(({ values }) => values.length === 0));
  return !data.series.some(({ values }) => values.some((value) => value !== null && !Number.isNaN(value)));
}
