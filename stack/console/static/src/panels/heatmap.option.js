// @ts-check
import { format } from "../format/units.js";
import { look } from "./chart.js";
import { timeAxis } from "./timeaxis.js";

const SHADES = 6;

/**
 * What the chart library draws for a histogram over time: one cell for each bucket and step.
 * @param {object} drawing
 * @param {import("./buckets.js").Buckets} drawing.buckets
 * @param {import("../promql/exemplars.js").Exemplar[]} drawing.exemplars
 * @param {{from: number, to: number}} drawing.range milliseconds
 * @param {number} drawing.step seconds
 * @param {string | undefined} drawing.unit
 * @param {{width: number, height: number}} drawing.size pixels
 * @param {import("./palette.js").Colors} drawing.colors
 */
export function option({ buckets, exemplars, range, step, unit, size, colors }) {
  const style = look(colors);
  const names = buckets.bounds.map((bound) => boundName(bound, unit));
  const top = Math.max(...buckets.counts.flat().map((count) => count ?? 0), 0);
  const left = Math.max(...names.map((name) => name.length), 3) * 6.2 + 14;
  return {
    animation: false,
    grid: { left, right: 18, top: 8, bottom: 24, outerBoundsMode: "none" },
    xAxis: timeAxis(range, size.width - left - 18, style),
    yAxis: {
      type: "category",
      data: names,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...style.text, margin: 8 },
      splitLine: { show: false },
    },
    tooltip: { show: false },
    series: [cells(buckets, step, top, colors), ...marks(exemplars, buckets, colors)],
  };
}

/**
 * @param {import("./buckets.js").Buckets} buckets
 * @param {number} step
 * @param {number} top
 * @param {import("./palette.js").Colors} colors
 */
function cells({ times, counts }, step, top, colors) {
  const shades = Array.from({ length: SHADES }, (_, index) => colors(`--heat-${index + 1}`));
  const data = counts.flatMap((row, bucket) =>
    row.flatMap((count, at) => (count === null || count <= 0 ? [] : [[times[at], bucket, count]])),
  );
  return {
    type: "custom",
    id: "cells",
    data,
    encode: { x: 0, y: 1 },
    clip: true,
    silent: true,
    renderItem(/** @type {any} */ _, /** @type {any} */ api) {
      const [time, bucket, count] = [api.value(0), api.value(1), api.value(2)];
      const [right, y] = api.coord([time, bucket]);
      const [left] = api.coord([time - step * 1000, bucket]);
      const height = api.size([0, 1])[1];
      const shape = {
        x: left + 0.5,
        y: y - height / 2 + 0.5,
        width: Math.max(1, right - left - 1),
        height: Math.max(1, height - 1),
      };
      return { type: "rect", shape, style: { fill: shades[shade(count, top)] } };
    },
  };
}

/**
 * Which of the shades a count gets; a square root keeps rare slow requests visible beside many fast ones.
 * @param {number} count
 * @param {number} top
 */
export function shade(count, top) {
  return Math.min(SHADES - 1, Math.max(0, Math.ceil(Math.sqrt(count / top) * SHADES) - 1));
}

/**
 * @param {import("../promql/exemplars.js").Exemplar[]} exemplars
 * @param {import("./buckets.js").Buckets} buckets
 * @param {import("./palette.js").Colors} colors
 */
function marks(exemplars, { bounds }, colors) {
  const data = exemplars.flatMap((exemplar) => {
    const bucket = bounds.findIndex((bound) => exemplar.value <= bound);
    return bucket < 0 ? [] : [{ value: [exemplar.time, bucket], traceId: exemplar.traceId, exemplar }];
  });
  const itemStyle = { color: colors("--exemplar"), borderColor: colors("--surface"), borderWidth: 1 };
  return data.length === 0
    ? []
    : [
        {
          type: "scatter",
          id: "exemplars",
          symbol: "diamond",
          symbolSize: 9,
          data,
          itemStyle,
          cursor: "pointer",
          z: 5,
        },
      ];
}

/**
 * @param {number} bound
 * @param {string | undefined} unit
 */
export function boundName(bound, unit) {
  return bound === Infinity ? "more" : `≤ ${format(bound, unit)}`;
}
