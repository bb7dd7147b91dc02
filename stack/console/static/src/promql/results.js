// @ts-check
import { seriesName } from "./legend.js";

/**
 * @typedef {{metric: Record<string, string>, value?: [number, string], values?: [number, string][]}} Sample
 * @typedef {{resultType: string, result: Sample[] | [number, string]}} QueryData `data` of Prometheus' answer
 * @typedef {{from: number, to: number, step: number}} Grid milliseconds, milliseconds, seconds
 * @typedef {{refId: string, name: string, labels: Record<string, string>, times: number[], values: (number | null)[]}} Series
 *   times in milliseconds; null where the series had no sample
 */

/**
 * A sample's value as a number; Prometheus writes `NaN`, `+Inf` and `-Inf` as words.
 * @param {string} text
 */
export function sampleValue(text) {
  if (text === "+Inf" || text === "Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

/**
 * Series of a range query on the grid asked for, with null where Prometheus returned nothing.
 * @param {QueryData} data
 * @param {Grid} grid
 * @param {{refId: string, legendFormat?: string, expr?: string}} target
 * @returns {Series[]}
 */
export function rangeSeries(data, grid, target) {
  const times = gridTimes(grid);
  const place = new Map(times.map((time, index) => [time, index]));
  return samples(data).map(({ metric, values = [] }) => {
    /** @type {(number | null)[]} */
    const row = new Array(times.length).fill(null);
    for (const [seconds, text] of values) {
      const index = place.get(Math.round(seconds * 1000));
      const value = sampleValue(text);
      if (index !== undefined) row[index] = Number.isNaN(value) ? null : value;
    }
    return { refId: target.refId, name: seriesName(metric, target.legendFormat), labels: metric, times, values: row };
  });
}

/**
 * Series of one point each, from an instant query.
 * @param {QueryData} data
 * @param {{refId: string, legendFormat?: string}} target
 * @returns {Series[]}
 */
export function instantSeries(data, target) {
  return samples(data).map(({ metric, value }) => ({
    refId: target.refId,
    name: seriesName(metric, target.legendFormat),
    labels: metric,
    times: value ? [value[0] * 1000] : [],
    values: value ? [sampleValue(value[1])] : [],
  }));
}

/**
 * The same series on the grid of others: its one value at the end, nothing before.
 * @param {Series} series
 * @param {Grid} grid
 * @returns {Series}
 */
export function atEnd({ values, ...series }, grid) {
  const times = gridTimes(grid);
  const last = values.at(-1) ?? null;
  const row = times.map((_, at) => (at === times.length - 1 && !Number.isNaN(last) ? last : null));
  return { ...series, times, values: row };
}

/**
 * The samples whatever the result's type; a scalar is one sample without labels.
 * @param {QueryData} data
 * @returns {Sample[]}
 */
export function samples({ resultType, result }) {
  if (resultType === "scalar") return [{ metric: {}, value: /** @type {[number, string]} */ (result) }];
  return resultType === "string" ? [] : /** @type {Sample[]} */ (result);
}

/** @param {Grid} grid */
function gridTimes({ from, to, step }) {
  const count = Math.floor((to - from) / (step * 1000)) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => from + index * step * 1000);
}
