// @ts-check
import { sampleValue, samples } from "../promql/results.js";
import { seriesName } from "../promql/legend.js";

/**
 * @typedef {{name: string, type: "time" | "string" | "number", values: (string | number | null)[]}} Column
 * @typedef {{refId: string, columns: Column[]}} Frame a table
 */

/**
 * The table of one instant query: time, one column per label, the value.
 * @param {import("../promql/results.js").QueryData} data
 * @param {{refId: string}} target
 * @param {number} queries how many queries the panel has; with several each value column is told apart by its letter
 * @returns {Frame}
 */
export function tableFrame(data, { refId }, queries) {
  const rows = samples(data).filter(({ value }) => value);
  const labels = [...new Set(rows.flatMap(({ metric }) => Object.keys(metric)))].sort();
  /** @type {Column[]} */
  const columns = [
    { name: "Time", type: "time", values: rows.map(({ value }) => (value ? value[0] * 1000 : null)) },
    ...labels.map((label) => ({
      name: label,
      type: /** @type {const} */ ("string"),
      values: rows.map(({ metric }) => metric[label] ?? null),
    })),
    {
      name: queries > 1 ? `Value #${refId}` : "Value",
      type: "number",
      values: rows.map(({ value }) => (value ? sampleValue(value[1]) : null)),
    },
  ];
  return { refId, columns };
}

/**
 * The table of an instant query in the time series format: each series is one value column named by its legend.
 * @param {import("../promql/results.js").QueryData} data
 * @param {{refId: string, legendFormat?: string}} target
 * @returns {Frame[]}
 */
export function seriesFrames(data, { refId, legendFormat }) {
  return samples(data).map(({ metric, value }) => ({
    refId,
    columns: [
      { name: "Time", type: "time", values: [value ? value[0] * 1000 : null] },
      { name: seriesName(metric, legendFormat), type: "number", values: [value ? sampleValue(value[1]) : null] },
    ],
  }));
}

/** @param {Frame} frame */
export function rowCount({ columns }) {
  return columns.reduce((most, { values }) => Math.max(most, values.length), 0);
}
