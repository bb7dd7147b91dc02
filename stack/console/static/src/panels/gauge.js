// @ts-check
import { el, svg } from "../dom.js";
import { fieldOf, show, valueColor } from "./field.js";
import { cssColor } from "./palette.js";
import { reduce } from "./reduce.js";
import { steps } from "./thresholds.js";

const START = -120;
const END = 120;

/**
 * A dial for each series.
 * @type {import("./registry.js").Mount}
 */
export function mount(element, panel) {
  const list = el("div.gauges");
  element.append(list);
  return {
    draw({ series }) {
      list.replaceChildren(...series.map((one) => dial(one, panel, series.length > 1)).filter((one) => one !== null));
    },
    dispose() {},
  };
}

/**
 * @param {import("../promql/results.js").Series} series
 * @param {import("../dashboard/layout.js").Panel} panel
 * @param {boolean} named
 */
function dial(series, panel, named) {
  const field = fieldOf(panel.fieldConfig, { name: series.name, refId: series.refId, type: "number" });
  const value = reduce(series.values, panel.options?.reduceOptions?.calcs?.[0]);
  if (value === null) return null;
  const [low, high] = [field.min ?? 0, field.max ?? (field.unit === "percentunit" ? 1 : 100)];
  const angle = (/** @type {number} */ at) =>
    START + Math.min(1, Math.max(0, (at - low) / (high - low))) * (END - START);
  const color = cssColor(valueColor(value, field) ?? "blue");
  const text = show(value, field);
  return el(
    "div.gauge",
    { style: { "--color": color } },
    svg(
      "svg",
      { viewBox: "-50 -50 100 82", role: "img", "aria-label": `${series.name}: ${text}` },
      svg("path", { class: "gauge-track", d: arc(40, START, END) }),
      svg("path", { class: "gauge-value", d: arc(40, START, Math.max(START + 0.5, angle(value))) }),
      ...markers(field, low, high, angle),
      svg("text", { class: "gauge-text", x: 0, y: 6, "text-anchor": "middle" }, text),
    ),
    named && el("p.gauge-name", null, field.displayName || series.name),
  );
}

/**
 * @param {import("./field.js").Field} field
 * @param {number} low
 * @param {number} high
 * @param {(value: number) => number} angle
 */
function markers(field, low, high, angle) {
  const bands = steps(field.thresholds, { min: low, max: high });
  if (bands.length < 2) return [];
  return bands.map(({ from, color }, index) => {
    const [start, end] = [angle(Math.max(low, from)), angle(bands[index + 1]?.from ?? high)];
    return end > start
      ? svg("path", { class: "gauge-band", d: arc(47, start, end), style: { stroke: cssColor(color) } })
      : null;
  });
}

/**
 * @param {number} radius
 * @param {number} from degrees, 0 at the top, clockwise
 * @param {number} to
 */
export function arc(radius, from, to) {
  const point = (/** @type {number} */ degrees) => {
    const radians = ((degrees - 90) * Math.PI) / 180;
    return `${(radius * Math.cos(radians)).toFixed(2)} ${(radius * Math.sin(radians)).toFixed(2)}`;
  };
  return `M${point(from)}A${radius} ${radius} 0 ${to - from > 180 ? 1 : 0} 1 ${point(to)}`;
}
