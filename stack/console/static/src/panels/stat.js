// @ts-check
import { el } from "../dom.js";
import { fieldOf, showParts, valueColor } from "./field.js";
import { cssColor } from "./palette.js";
import { reduce } from "./reduce.js";
import { sparkline } from "./sparkline.js";

/**
 * Figures in large type, one for each series.
 * @type {import("./registry.js").Mount}
 */
export function mount(element, panel) {
  const list = el("div.stats");
  element.append(list);
  return {
    draw({ series }) {
      const figures = series.map((one) => figure(one, panel)).filter((one) => one !== null);
      list.replaceChildren(...figures);
      list.classList.toggle("stats-many", figures.length > 1);
    },
    dispose() {},
  };
}

/**
 * @param {import("../promql/results.js").Series} series
 * @param {import("../dashboard/layout.js").Panel} panel
 */
function figure(series, panel) {
  const { reduceOptions = {}, textMode = "auto", colorMode = "value", graphMode = "none" } = panel.options ?? {};
  const field = fieldOf(panel.fieldConfig, { name: series.name, refId: series.refId, type: "number" });
  const value = reduce(series.values, reduceOptions.calcs?.[0]);
  if (value === null) return null;
  const { prefix = "", text, suffix = "" } = showParts(value, field);
  const named = textMode === "value_and_name" || textMode === "name";
  const color = valueColor(value, field);
  const length = (prefix + text).length + suffix.length * 0.5 + (suffix ? 0.4 : 0);
  return el(
    "div.stat",
    {
      style: { "--color": color ? cssColor(color) : "var(--ink)", "--length": Math.max(2, length).toFixed(1) },
      data: { mode: colorMode },
    },
    named && el("p.stat-name", null, field.displayName || series.name),
    textMode !== "name" &&
      el(
        "p.stat-value",
        null,
        prefix + text,
        suffix !== "" && el("span.stat-unit", null, suffix === "%" ? suffix : ` ${suffix}`),
      ),
    graphMode === "area" && sparkline(series.values),
  );
}
