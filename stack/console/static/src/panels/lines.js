// @ts-check
import { niceAxis } from "../format/axis.js";
import { fieldOf } from "./field.js";
import { namedColor, seriesProperty, stableIndex } from "./palette.js";
import { thresholdColor, steps } from "./thresholds.js";

/**
 * @typedef {import("../promql/results.js").Series} Series
 * @typedef {import("./field.js").Field} Field
 * @typedef {{series: Series, name: string, field: Field, color: string}} Line a series with its look
 */

/**
 * The series of a panel with names, settings and colours settled.
 * @param {Series[]} series
 * @param {import("./field.js").FieldConfig | undefined} config
 * @param {import("./palette.js").Colors} colors
 * @returns {Line[]}
 */
export function lines(series, config, colors) {
  /** @type {Set<number>} */
  const taken = new Set();
  return series.map((one, index) => {
    const field = fieldOf(config, { name: one.name, refId: one.refId, type: "number" });
    return {
      series: one,
      name: field.displayName || one.name,
      field,
      color: colorOf(one, field, index, taken, colors),
    };
  });
}

/**
 * @param {Series} series
 * @param {Field} field
 * @param {number} index
 * @param {Set<number>} taken places of the palette in use on this panel
 * @param {import("./palette.js").Colors} colors
 */
function colorOf(series, field, index, taken, colors) {
  const { mode = "palette-classic", fixedColor } = field.color ?? {};
  if ((mode === "fixed" || mode === "shades") && fixedColor) return namedColor(fixedColor, colors);
  if (mode === "thresholds") {
    const last = series.values.findLast((value) => value !== null) ?? 0;
    return namedColor(thresholdColor(last, field.thresholds, field) ?? "blue", colors);
  }
  let place = mode === "palette-classic-by-name" ? stableIndex(series.name) : index % 10;
  while (taken.has(place) && taken.size < 10) place = (place + 1) % 10;
  taken.add(place);
  return colors(seriesProperty(place));
}

/**
 * Bounds of a value axis: all lines, the soft and hard limits, the threshold lines; stacked lines count as their sum.
 * What is counted in whole numbers has no tick between them.
 * @param {Line[]} drawn
 * @param {{ticks: number}} options
 */
export function valueAxis(drawn, { ticks }) {
  const field = drawn[0]?.field ?? {};
  const custom = field.custom ?? {};
  const [low, high] = extent(drawn);
  const limit =
    custom.thresholdsStyle && custom.thresholdsStyle.mode !== "off"
      ? steps(field.thresholds, field).map(({ from }) => from)
      : [];
  const finite = limit.filter(Number.isFinite);
  const bottom = Math.min(low, custom.axisSoftMin ?? Infinity, field.min ?? Infinity);
  const top = Math.max(high, custom.axisSoftMax ?? -Infinity, ...finite);
  const nice = niceAxis(Number.isFinite(bottom) ? bottom : 0, Number.isFinite(top) ? top : 1, field.unit, ticks);
  const whole = field.decimals === 0 && ["short", "none"].includes(field.unit ?? "none") && nice.interval < 1;
  return {
    min: field.min ?? nice.min,
    max: field.max ?? (whole ? Math.ceil(nice.max) : nice.max),
    interval: whole ? 1 : nice.interval,
  };
}

/** @param {Line[]} drawn @returns {[number, number]} */
function extent(drawn) {
  let [low, high] = [Infinity, -Infinity];
  const count = drawn[0]?.series.values.length ?? 0;
  for (let at = 0; at < count; at += 1) {
    let [above, below] = [0, 0];
    for (const { series, field } of drawn) {
      const value = series.values[at];
      if (value === null || value === undefined || !Number.isFinite(value)) continue;
      if (isStacked(field)) {
        if (value >= 0) above += value;
        else below += value;
      }
      low = Math.min(low, isStacked(field) ? below : value);
      high = Math.max(high, isStacked(field) ? above : value);
    }
  }
  return [low, high];
}

/** @param {Field} field */
export function isStacked(field) {
  const mode = field.custom?.stacking?.mode;
  return mode === "normal" || mode === "percent";
}

/**
 * Points between two gaps: a line has nothing to connect them to, so they need a dot.
 * @param {(number | null)[]} values
 * @returns {Set<number>}
 */
export function lonely(values) {
  /** @type {Set<number>} */
  const found = new Set();
  values.forEach((value, at) => {
    if (value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null) found.add(at);
  });
  return found;
}
