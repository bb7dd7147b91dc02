// @ts-check

/** @typedef {(number | null)[]} Values */

/** @type {Record<string, (values: number[], all: Values) => number | null>} */
const REDUCERS = {
  lastNotNull: (values) => values.at(-1) ?? null,
  last: (_, all) => all.at(-1) ?? null,
  firstNotNull: (values) => values[0] ?? null,
  first: (_, all) => all[0] ?? null,
  min: (values) => (values.length > 0 ? values.reduce((a, b) => Math.min(a, b)) : null),
  max: (values) => (values.length > 0 ? values.reduce((a, b) => Math.max(a, b)) : null),
  sum: (values) => (values.length > 0 ? sum(values) : null),
  mean: (values) => (values.length > 0 ? sum(values) / values.length : null),
  median: (values) => median(values),
  count: (_, all) => all.length,
  range: (values) =>
    values.length > 0 ? values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)) : null,
  diff: (values) => (values.length > 0 ? values[values.length - 1] - values[0] : null),
  delta: (values) => increase(values),
};

/** @type {Record<string, string>} what a legend's column is called */
export const REDUCER_NAMES = {
  lastNotNull: "Last",
  last: "Last",
  firstNotNull: "First",
  first: "First",
  min: "Min",
  max: "Max",
  sum: "Total",
  mean: "Mean",
  median: "Median",
  count: "Count",
  range: "Range",
  diff: "Change",
  delta: "Increase",
};

/**
 * One figure for a series, by Grafana's name of the calculation; null when there is nothing to calculate from.
 * @param {Values} values
 * @param {string} [calc] an unknown one counts as `lastNotNull`
 * @returns {number | null}
 */
export function reduce(values, calc = "lastNotNull") {
  const present = /** @type {number[]} */ (values.filter((value) => value !== null && !Number.isNaN(value)));
  return (REDUCERS[calc] ?? REDUCERS.lastNotNull)(present, values);
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {number[]} values */
function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} values of a counter that may have been reset */
function increase(values) {
  if (values.length === 0) return null;
  return values
    .slice(1)
    .reduce((total, value, index) => total + (value >= values[index] ? value - values[index] : value), 0);
}
