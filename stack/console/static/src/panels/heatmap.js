// @ts-check
import { el } from "../dom.js";
import { dateTime } from "../format/time.js";
import { number } from "../format/number.js";
import { go } from "../router.js";
import { buckets, trimmed } from "./buckets.js";
import { mountChart } from "./chart.js";
import { crosshair } from "./crosshair.js";
import { boundName, option } from "./heatmap.option.js";
import { nearest } from "./readout.js";

/**
 * A histogram over time: the darker a cell, the more fell into it.
 * @type {import("./registry.js").Mount}
 */
export function mount(element, panel, { shared, zoom, colors }) {
  const unit = panel.options?.yAxis?.unit ?? panel.fieldConfig?.defaults?.unit;
  const plot = el("div.plot");
  const canvas = el("div.plot-canvas", {
    role: "img",
    "aria-label": `${panel.title ?? "Heatmap"}. The values are in the table behind the chart.`,
  });
  plot.append(canvas);
  element.append(plot, scale());
  /** @type {any} */
  let state = null;
  const mounted = mountChart(canvas);
  const pointer = crosshair(plot, { shared, zoom, at: () => state, readout: (time) => column(state, time, unit) });

  const draw = async () => {
    const { chart } = await mounted;
    if (!state || chart.isDisposed()) return;
    state.lines = state.series;
    state.chart = chart;
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    chart.setOption(option({ ...state, step: state.grid.step, unit, size, colors: colors() }), { notMerge: true });
    pointer.redraw();
  };
  mounted.then(({ chart }) =>
    chart.on("click", { seriesId: "exemplars" }, (/** @type {any} */ event) => go(`/trace/${event.data.traceId}`)),
  );
  const observer = new ResizeObserver(() => draw());
  observer.observe(canvas);
  return {
    draw(data) {
      state = { ...data, buckets: trimmed(buckets(data.series)), chart: state?.chart };
      return draw();
    },
    dispose() {
      observer.disconnect();
      pointer.dispose();
      mounted.then(({ dispose }) => dispose());
    },
  };
}

/** What the shades mean. */
function scale() {
  const shades = Array.from({ length: 6 }, (_, index) => el("i", { style: { "--color": `var(--heat-${index + 1})` } }));
  return el("p.heat-scale", { "aria-hidden": "true" }, "fewer", el("span", null, ...shades), "more");
}

/**
 * @param {any} state
 * @param {number} time
 * @param {string | undefined} unit
 */
function column(state, time, unit) {
  const found = state?.buckets;
  const at = nearest(found?.times ?? [], time);
  if (at === null) return null;
  const rows = found.bounds
    .map((/** @type {number} */ bound, /** @type {number} */ index) => ({ bound, count: found.counts[index][at] }))
    .filter((/** @type {any} */ row) => row.count > 0)
    .reverse();
  const total = rows.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row.count, 0);
  return el(
    "div",
    null,
    el("p.readout-time", null, dateTime(found.times[at])),
    el(
      "table",
      null,
      el(
        "tbody",
        null,
        ...rows.map((/** @type {any} */ row) =>
          el(
            "tr",
            null,
            el("th", { scope: "row" }, boundName(row.bound, unit)),
            el("td", null, `${number((row.count / total) * 100, { decimals: 1 })}%`),
          ),
        ),
      ),
    ),
    rows.length === 0 && el("p.readout-more", null, "No sample at this moment"),
  );
}
