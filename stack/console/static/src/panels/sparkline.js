// @ts-check
import { svg } from "../dom.js";

const WIDTH = 200;
const HEIGHT = 40;

/**
 * A line without axes; null when there are too few points to make one.
 * @param {(number | null)[]} values
 */
export function sparkline(values) {
  const runs = paths(values);
  if (runs.length === 0) return null;
  const areas = runs.map(
    (run) =>
      `M${run[0][0]},${HEIGHT}L${run.map((point) => point.join(",")).join("L")}L${run[run.length - 1][0]},${HEIGHT}Z`,
  );
  const strokes = runs.map((run) => `M${run.map((point) => point.join(",")).join("L")}`);
  return svg(
    "svg",
    { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "sparkline-area", d: areas.join("") }),
    svg("path", { class: "sparkline-line", d: strokes.join("") }),
  );
}

/**
 * Runs of points without a gap, scaled to the drawing.
 * @param {(number | null)[]} values
 * @returns {[number, number][][]}
 */
export function paths(values) {
  const present = /** @type {number[]} */ (values.filter((value) => value !== null && Number.isFinite(value)));
  if (present.length < 2) return [];
  const low = Math.min(...present);
  const span = Math.max(...present) - low;
  /** @type {[number, number][][]} */
  const runs = [[]];
  values.forEach((value, at) => {
    if (value === null || !Number.isFinite(value)) runs.push([]);
    else
      runs[runs.length - 1].push([
        round((at / (values.length - 1)) * WIDTH),
        round(HEIGHT - 2 - (span === 0 ? 0.5 : (value - low) / span) * (HEIGHT - 6)),
      ]);
  });
  return runs.filter((run) => run.length > 1);
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
