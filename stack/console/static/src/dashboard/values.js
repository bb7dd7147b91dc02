// @ts-check
import { el } from "../dom.js";
import { duration } from "../format/duration.js";
import { dateTime } from "../format/time.js";
import { number } from "../format/number.js";
import { fieldOf, show } from "../panels/field.js";

const MOST_ROWS = 400;

/**
 * The figures behind a chart, newest first, and the traces behind its diamonds.
 * @param {import("./layout.js").Panel} panel
 * @param {import("../panels/registry.js").PanelData} data
 */
export function valuesTable(panel, { series, exemplars }) {
  const times = series[0]?.times ?? [];
  const columns = series.map((one) => ({
    one,
    field: fieldOf(panel.fieldConfig, { name: one.name, refId: one.refId, type: "number" }),
  }));
  const heads = columns.map(({ one, field }) => el("th.number", { scope: "col" }, field.displayName || one.name));
  const rows = [...times.keys()]
    .reverse()
    .slice(0, MOST_ROWS)
    .map((at) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, dateTime(times[at])),
        ...columns.map(({ one, field }) => el("td.number", null, cell(panel, one.values[at], field))),
      ),
    );
  return el(
    "div",
    null,
    exemplars.length > 0 && traces(exemplars),
    el(
      "table.data",
      null,
      el("thead", null, el("tr", null, el("th", { scope: "col" }, "Time"), ...heads)),
      el("tbody", null, ...rows),
    ),
  );
}

/**
 * A heatmap's unit is that of its buckets; its cells are counts.
 * @param {import("./layout.js").Panel} panel
 * @param {number | null} value
 * @param {import("../panels/field.js").Field} field
 */
function cell(panel, value, field) {
  if (value === null) return "–";
  return panel.type === "heatmap" ? number(value) : show(value, field);
}

/** @param {import("../promql/exemplars.js").Exemplar[]} exemplars */
function traces(exemplars) {
  const items = [...exemplars]
    .reverse()
    .map(({ time, value, traceId }) =>
      el("li", null, el("a", { href: `/trace/${traceId}` }, duration(value), ` at ${dateTime(time)}`)),
    );
  return el(
    "details.exemplars",
    null,
    el("summary", null, `Traces behind the diamonds (${items.length})`),
    el("ul", null, ...items),
  );
}
