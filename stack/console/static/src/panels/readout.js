// @ts-check
import { el } from "../dom.js";
import { duration } from "../format/duration.js";
import { dateTime } from "../format/time.js";
import { show } from "./field.js";

const MOST = 12;

/**
 * The values of a chart at one moment, largest first, with the exemplar under the pointer if there is one.
 * @param {any} drawing with `shown`, `exemplars`, `range`
 * @param {number} time milliseconds
 * @returns {HTMLElement | null}
 */
export function readout(drawing, time) {
  const at = nearest(drawing?.shown?.[0]?.series.times ?? [], time);
  if (at === null) return null;
  const rows = valuesAt(drawing.shown, at);
  const exemplar = exemplarNear(drawing.exemplars, time, drawing.range);
  return el(
    "div",
    null,
    el("p.readout-time", null, dateTime(drawing.shown[0].series.times[at])),
    el("table", null, el("tbody", null, ...rows.slice(0, MOST).map(row))),
    rows.length > MOST && el("p.readout-more", null, `and ${rows.length - MOST} more`),
    rows.length === 0 && el("p.readout-more", null, "No sample at this moment"),
    exemplar &&
      el(
        "p.readout-exemplar",
        null,
        el("span.diamond"),
        `Exemplar ${duration(exemplar.value)}: click the diamond to open its trace`,
      ),
  );
}

/**
 * @param {import("./lines.js").Line[]} drawn
 * @param {number} at
 */
function valuesAt(drawn, at) {
  return drawn
    .map((line) => ({ line, value: line.series.values[at] ?? null }))
    .filter(({ value }) => value !== null)
    .sort((a, b) => Number(b.value) - Number(a.value));
}

/** @param {{line: import("./lines.js").Line, value: number | null}} row */
function row({ line, value }) {
  const swatch = el("span.swatch", { style: { "--color": line.color } });
  return el("tr", null, el("th", { scope: "row" }, swatch, line.name), el("td", null, show(value, line.field)));
}

/**
 * Place of the time nearest to `time` in a rising list; null in an empty one.
 * @param {number[]} times
 * @param {number} time
 */
export function nearest(times, time) {
  if (times.length === 0) return null;
  let [low, high] = [0, times.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  return time - times[low] <= times[high] - time ? low : high;
}

/**
 * @param {import("../promql/exemplars.js").Exemplar[]} exemplars
 * @param {number} time
 * @param {{from: number, to: number}} range
 */
function exemplarNear(exemplars, time, range) {
  const reach = (range.to - range.from) / 120;
  return (exemplars ?? []).find((exemplar) => Math.abs(exemplar.time - time) < reach);
}
