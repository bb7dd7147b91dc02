// @ts-check
import { el } from "../dom.js";
import { fieldOf, show, valueColor } from "./field.js";
import { cssColor, seriesProperty } from "./palette.js";
import { reduce } from "./reduce.js";

/**
 * One bar for each series, largest first, on a common scale.
 * @type {import("./registry.js").Mount}
 */
export function mount(element, panel) {
  const list = el("ul.bars");
  element.append(list);
  return {
    draw({ series }) {
      const bars = series
        .map((one, index) => bar(one, index, panel))
        .filter((one) => one.value !== null)
        .sort((a, b) => Number(b.value) - Number(a.value));
      const top = Math.max(...bars.map(({ value, field }) => field.max ?? Number(value)), 0);
      list.replaceChildren(...bars.map((one) => row(one, top)));
    },
    dispose() {},
  };
}

/**
 * @param {import("../promql/results.js").Series} series
 * @param {number} index
 * @param {import("../dashboard/layout.js").Panel} panel
 */
function bar(series, index, panel) {
  const field = fieldOf(panel.fieldConfig, { name: series.name, refId: series.refId, type: "number" });
  const value = reduce(series.values, panel.options?.reduceOptions?.calcs?.[0]);
  const named = valueColor(value, field);
  return {
    name: field.displayName || series.name,
    field,
    value,
    color: named ? cssColor(named) : `var(${seriesProperty(index)})`,
  };
}

/**
 * @param {ReturnType<typeof bar>} bar
 * @param {number} top
 */
function row({ name, field, value, color }, top) {
  const low = field.min ?? 0;
  const share = top > low ? Math.min(1, Math.max(0, (Number(value) - low) / (top - low))) : 0;
  return el(
    "li.bar",
    { style: { "--color": color, "--share": share.toFixed(4) } },
    el("span.bar-name", { title: name }, name),
    el("span.bar-value", null, show(value, field)),
    el("span.bar-track", null, el("span.bar-fill")),
  );
}
