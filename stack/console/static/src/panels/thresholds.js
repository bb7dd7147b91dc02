// @ts-check

/**
 * @typedef {{value: number | null, color: string}} Step
 * @typedef {{mode?: "absolute" | "percentage", steps?: Step[]}} Thresholds
 */

/**
 * The steps with absolute lower bounds, lowest first; the base step begins at -Infinity.
 * @param {Thresholds | undefined} thresholds
 * @param {{min?: number, max?: number}} [field] needed for percentages
 * @returns {{from: number, color: string}[]}
 */
export function steps(thresholds, { min = 0, max = 100 } = {}) {
  const scale = (/** @type {number} */ value) =>
    thresholds?.mode === "percentage" ? min + (value / 100) * (max - min) : value;
  return (thresholds?.steps ?? [])
    .map(({ value, color }) => ({ from: value === null || value === undefined ? -Infinity : scale(value), color }))
    .sort((a, b) => a.from - b.from);
}

/**
 * Colour name of the step that `value` is in; undefined without thresholds.
 * @param {number} value
 * @param {Thresholds | undefined} thresholds
 * @param {{min?: number, max?: number}} [field]
 */
export function thresholdColor(value, thresholds, field) {
  return steps(thresholds, field).findLast(({ from }) => value >= from)?.color;
}
