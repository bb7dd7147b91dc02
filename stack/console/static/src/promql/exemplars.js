// @ts-check
import { sampleValue } from "./results.js";

/**
 * @typedef {{seriesLabels: Record<string, string>, exemplars: {labels: Record<string, string>, value: string, timestamp: number}[]}} ExemplarData
 * @typedef {{time: number, value: number, traceId: string, labels: Record<string, string>}} Exemplar
 */

/**
 * Exemplars that lead to a trace, thinned to the slowest of each slice of time so that a chart stays readable.
 * @param {ExemplarData[]} data
 * @param {{from: number, to: number}} range milliseconds
 * @param {number} [slices]
 * @returns {Exemplar[]}
 */
export function exemplars(data, range, slices = 60) {
  /** @type {Map<number, Exemplar>} */
  const slowest = new Map();
  for (const exemplar of all(data)) {
    if (exemplar.time < range.from || exemplar.time > range.to) continue;
    const slice = Math.floor(((exemplar.time - range.from) / (range.to - range.from)) * slices);
    const held = slowest.get(slice);
    if (!held || held.value < exemplar.value) slowest.set(slice, exemplar);
  }
  return [...slowest.values()].sort((a, b) => a.time - b.time);
}

/**
 * @param {ExemplarData[]} data
 * @returns {Exemplar[]}
 */
function all(data) {
  return data.flatMap(({ seriesLabels, exemplars: found }) =>
    found
      .filter(({ labels }) => labels.trace_id)
      .map(({ labels, value, timestamp }) => ({
        time: timestamp * 1000,
        value: sampleValue(value),
        traceId: labels.trace_id,
        labels: seriesLabels,
      })),
  );
}
