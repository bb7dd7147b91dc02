// @ts-check

const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/**
 * Resolution of a range query in seconds: a round step, never finer than the scrape interval.
 * @param {number} seconds length of the range
 * @param {number} points how many the panel can show
 * @param {number} scrape scrape interval in seconds
 */
export function stepFor(seconds, points, scrape) {
  const least = Math.max(seconds / Math.max(points, 1), scrape);
  return STEPS.find((step) => step >= least * 0.999) ?? Math.ceil(least / 86400) * 86400;
}

/**
 * Window for `rate`: at least four scrapes, so that one missed scrape leaves no gap. Source: Grafana, `$__rate_interval`.
 * @param {number} step seconds
 * @param {number} scrape seconds
 */
export function rateWindow(step, scrape) {
  return Math.max(step + scrape, 4 * scrape);
}

/**
 * The range with both ends on the step, so that a refresh moves points and does not reshape them.
 * @param {import("./range.js").Range} range
 * @param {number} step seconds
 */
export function aligned({ from, to }, step) {
  const grid = step * 1000;
  return { from: Math.floor(from / grid) * grid, to: Math.floor(to / grid) * grid };
}
