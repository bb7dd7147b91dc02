// @ts-check

/** @typedef {import("../promql/results.js").Series} Series */

/**
 * @typedef {object} Buckets a heatmap's cells
 * @property {number[]} times milliseconds
 * @property {number[]} bounds upper bounds, rising; the last may be Infinity
 * @property {(number | null)[][]} counts per bound, per time; null where there was no sample
 */

/**
 * Counts per bucket from the cumulative series of a classic histogram (`sum by (le) (rate(x_bucket[...]))`).
 * @param {Series[]} series each with an `le` label
 * @returns {Buckets}
 */
export function buckets(series) {
  const rising = series
    .map((one) => ({ bound: bound(one.labels.le ?? one.name), values: one.values, times: one.times }))
    .filter((one) => !Number.isNaN(one.bound))
    .sort((a, b) => a.bound - b.bound);
  return {
    times: rising[0]?.times ?? [],
    bounds: rising.map((one) => one.bound),
    counts: rising.map(({ values }, index) =>
      values.map((value, at) => difference(value, rising[index - 1]?.values[at])),
    ),
  };
}

/** @param {string} le */
function bound(le) {
  return le === "+Inf" || le === "Inf" ? Infinity : Number(le);
}

/**
 * A bucket cannot hold less than nothing: scrapes of a busy process may tear a histogram by a count.
 * @param {number | null} value
 * @param {number | null | undefined} below
 */
function difference(value, below) {
  return value === null ? null : Math.max(0, value - (below ?? 0));
}

/**
 * The buckets without the empty ones above and below the data, at least one left.
 * @param {Buckets} all
 * @returns {Buckets}
 */
export function trimmed(all) {
  const used = all.counts.map((row) => row.some((count) => count !== null && count > 0));
  const first = Math.max(0, used.indexOf(true) - 1);
  const last = Math.max(used.lastIndexOf(true), 0);
  return { times: all.times, bounds: all.bounds.slice(first, last + 1), counts: all.counts.slice(first, last + 1) };
}
