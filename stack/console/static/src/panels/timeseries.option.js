// @ts-check
import { format } from "../format/units.js";
import { fractionDigits } from "../format/number.js";
import { look } from "./chart.js";
import { isStacked, lonely, valueAxis } from "./lines.js";
import { namedColor } from "./palette.js";
import { steps } from "./thresholds.js";
import { timeAxis } from "./timeaxis.js";

/**
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("../promql/exemplars.js").Exemplar} Exemplar
 * @typedef {object} Drawing
 * @property {Line[]} lines
 * @property {Exemplar[]} exemplars
 * @property {{from: number, to: number}} range milliseconds
 * @property {Set<string>} off names of the series that the reader switched off
 * @property {{width: number, height: number}} size pixels
 * @property {import("./palette.js").Colors} colors
 */

/**
 * What the chart library draws for a time series panel.
 * @param {Drawing} drawing
 */
export function option({ lines, exemplars, range, off, size, colors }) {
  const style = look(colors);
  const shown = lines.filter(({ name }) => !off.has(name));
  const left = shown.filter(({ field }) => field.custom?.axisPlacement !== "right");
  const right = shown.filter(({ field }) => field.custom?.axisPlacement === "right");
  const ticks = Math.max(2, Math.min(6, Math.round(size.height / 42)));
  const axes = [left, right].map((drawn) => axisOf(drawn, ticks, style));
  // Wide enough for half of the first time below, too.
  const width = axes.map(({ formatted }) => Math.max(30, Math.max(...formatted.map((text) => text.length)) * 6.2 + 14));
  return {
    animation: false,
    grid: { left: width[0], right: right.length > 0 ? width[1] : 18, top: 8, bottom: 24, outerBoundsMode: "none" },
    xAxis: timeAxis(range, size.width - width[0] - 18, style),
    yAxis:
      right.length > 0
        ? [axes[0].axis, { ...axes[1].axis, position: "right", splitLine: { show: false } }]
        : [axes[0].axis],
    tooltip: { show: false },
    series: [
      ...distinct(shown.map((line) => seriesOf(line, right.includes(line) ? 1 : 0, colors))),
      ...diamonds(exemplars, axes[0].axis.max, colors),
    ],
  };
}

/**
 * Series of one query may have the same name; the chart library takes no id twice.
 * @template {{id: string}} T
 * @param {T[]} series
 */
function distinct(series) {
  const seen = new Map();
  return series.map((each) => {
    const before = seen.get(each.id) ?? 0;
    seen.set(each.id, before + 1);
    return before === 0 ? each : { ...each, id: `${each.id}/${before}` };
  });
}

/**
 * @param {Line[]} drawn
 * @param {number} ticks
 * @param {any} style
 */
function axisOf(drawn, ticks, style) {
  const field = drawn[0]?.field ?? {};
  const { min, max, interval } = valueAxis(drawn, { ticks });
  const write = tickFormat(field, { min, max, interval });
  const formatted = Array.from({ length: Math.round((max - min) / interval) + 1 }, (_, index) =>
    write(min + index * interval),
  );
  const axis = {
    type: field.custom?.scaleDistribution?.type === "log" ? "log" : "value",
    min,
    max,
    interval,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { ...style.text, formatter: write, margin: 8 },
    splitLine: style.split,
  };
  return { axis, formatted };
}

/**
 * Labels of one axis share their number of decimals, where the unit lets them.
 * @param {import("./field.js").Field} field
 * @param {{min: number, max: number, interval: number}} axis
 * @returns {(value: number) => string}
 */
function tickFormat(field, { max, interval }) {
  if (["none", "short", undefined].includes(field.unit) && max < 1000) {
    const decimals = interval >= 1 && Number.isInteger(interval) ? 0 : Math.max(0, fractionDigits(interval) - 1);
    return (value) => format(value, field.unit, { decimals });
  }
  if (field.unit === "currencyUSD") {
    const decimals = interval >= 1 ? 0 : Math.max(2, fractionDigits(interval) - 1);
    return (value) => format(value, field.unit, { decimals });
  }
  return (value) => (value === 0 && field.unit === "s" ? "0" : format(Number(value.toPrecision(6)), field.unit));
}

/**
 * @param {Line} line
 * @param {number} yAxisIndex
 * @param {import("./palette.js").Colors} colors
 */
function seriesOf({ series, name, field, color }, yAxisIndex, colors) {
  const custom = field.custom ?? {};
  const bars = custom.drawStyle === "bars";
  const alone = bars
    ? new Set()
    : custom.showPoints === "always"
      ? new Set(series.values.keys())
      : lonely(series.values);
  return {
    type: bars ? "bar" : "line",
    id: `${series.refId}/${name}`,
    name,
    yAxisIndex,
    data: series.times.map((time, at) => [time, series.values[at]]),
    stack: isStacked(field) ? `${custom.stacking.group ?? "A"}-${yAxisIndex}` : undefined,
    color,
    lineStyle: { width: Math.max(1.5, custom.lineWidth ?? 1.5), color, type: dash(custom.lineStyle), join: "round" },
    itemStyle: { color, opacity: bars ? Math.max(0.6, (custom.fillOpacity ?? 70) / 100) : 1 },
    areaStyle: !bars && custom.fillOpacity > 0 ? { color, opacity: custom.fillOpacity / 100 } : undefined,
    barCategoryGap: "12%",
    large: false,
    step: { stepAfter: "end", stepBefore: "start" }[/** @type {string} */ (custom.lineInterpolation)] ?? false,
    smooth: custom.lineInterpolation === "smooth" ? 0.25 : false,
    symbol: "circle",
    showSymbol: alone.size > 0,
    showAllSymbol: true,
    symbolSize: alone.size > 0 ? (/** @type {any} */ _, /** @type {any} */ at) => (alone.has(at.dataIndex) ? 4 : 0) : 4,
    connectNulls: custom.spanNulls === true,
    emphasis: { disabled: true },
    silent: true,
    markLine: limits(field, colors),
    z: 2,
  };
}

/** @param {{fill?: string} | undefined} style */
function dash(style) {
  return style?.fill === "dash" ? [6, 4] : style?.fill === "dot" ? [2, 3] : "solid";
}

/**
 * @param {import("./field.js").Field} field
 * @param {import("./palette.js").Colors} colors
 */
function limits(field, colors) {
  const mode = field.custom?.thresholdsStyle?.mode ?? "off";
  if (mode === "off") return undefined;
  const drawn = steps(field.thresholds, field).filter(({ from }) => Number.isFinite(from));
  return {
    silent: true,
    symbol: "none",
    label: { show: false },
    data: drawn.map(({ from, color }) => ({
      yAxis: from,
      lineStyle: { color: namedColor(color, colors), type: [5, 4], width: 1.2, opacity: 0.9 },
    })),
  };
}

/**
 * Exemplars as diamonds. One above the axis is drawn at its top: a single slow request must not flatten the lines.
 * @param {Exemplar[]} exemplars
 * @param {number} top
 * @param {import("./palette.js").Colors} colors
 */
function diamonds(exemplars, top, colors) {
  if (exemplars.length === 0) return [];
  const marks = exemplars.map((exemplar) => ({
    value: [exemplar.time, Math.min(exemplar.value, top)],
    traceId: exemplar.traceId,
    exemplar,
  }));
  const itemStyle = { color: colors("--exemplar"), borderColor: colors("--surface"), borderWidth: 1 };
  return [
    {
      type: "scatter",
      id: "exemplars",
      name: "Exemplars",
      symbol: "diamond",
      symbolSize: 9,
      data: marks,
      itemStyle,
      emphasis: { scale: 1.6 },
      cursor: "pointer",
      z: 5,
    },
  ];
}
