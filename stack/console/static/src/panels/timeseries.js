// @ts-check
import { el } from "../dom.js";
import { go } from "../router.js";
import { mountChart } from "./chart.js";
import { crosshair } from "./crosshair.js";
import { legend } from "./legend.js";
import { lines } from "./lines.js";
import { option } from "./timeseries.option.js";
import { readout } from "./readout.js";

/**
 * A time series panel: chart, cursor with the values under it, legend.
 * @type {import("./registry.js").Mount}
 */
export function mount(element, panel, { shared, zoom, colors }) {
  const plot = el("div.plot");
  const canvas = el("div.plot-canvas", {
    role: "img",
    "aria-label": `${panel.title ?? "Chart"}. The values are in the table behind the chart.`,
  });
  const below = el("div.legend-slot");
  plot.append(canvas);
  element.append(plot, below);
  element.classList.add(panel.options?.legend?.placement === "right" ? "legend-right" : "legend-below");

  /** @type {Set<string>} */
  const off = new Set();
  /** @type {any} */
  let state = null;
  const mounted = mountChart(canvas);
  const pointer = crosshair(plot, { shared, zoom, at: () => state, readout: (time) => readout(state, time) });

  const draw = async () => {
    const { chart } = await mounted;
    if (!state || chart.isDisposed()) return;
    state.lines = lines(state.series, panel.fieldConfig, colors());
    state.shown = state.lines.filter((/** @type {any} */ line) => !off.has(line.name));
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    state.option = option({ ...state, off, size, colors: colors() });
    chart.setOption(state.option, { notMerge: true });
    state.chart = chart;
    below.replaceChildren(legend(state.lines, panel.options?.legend, off, draw));
    pointer.redraw();
  };
  mounted.then(({ chart }) =>
    chart.on("click", { seriesId: "exemplars" }, (/** @type {any} */ event) => go(`/trace/${event.data.traceId}`)),
  );
  const observer = new ResizeObserver(() => draw());
  observer.observe(canvas);

  return {
    draw(data) {
      state = { ...data, chart: state?.chart };
      return draw();
    },
    dispose() {
      observer.disconnect();
      pointer.dispose();
      mounted.then(({ dispose }) => dispose());
    },
  };
}
