// @ts-check
import { el } from "../dom.js";
import { duration } from "../format/duration.js";
import { dateTime } from "../format/time.js";
import { icon } from "../icon.js";

/**
 * All that a span says of itself.
 * @param {import("./model.js").Span} span
 * @param {import("./model.js").Trace} trace
 * @param {string} color
 * @param {() => void} close
 */
export function spanDetail(span, trace, color, close) {
  const facts = [
    ["Service", span.service],
    ["Started", `${dateTime(span.start / 1000)}, ${duration((span.start - trace.start) / 1e6)} into the trace`],
    ["Duration", duration(span.duration / 1e6)],
    ["Span", span.id],
    ...(span.lost ? [["Parent", `${span.lost}, not in this trace`]] : []),
  ];
  return el(
    "section.span-detail",
    { style: { "--color": color }, "aria-label": `Details of ${span.name}`, role: "row" },
    el(
      "div.span-detail-body",
      { role: "gridcell" },
      el(
        "div.span-detail-head",
        null,
        el("h3", null, span.name),
        el("button.button-small", { type: "button", on: { click: close } }, "Close"),
      ),
      ...[...span.warnings].map((text) => el("p.span-warning", null, icon("warning"), text)),
      el("dl.pairs", null, ...facts.flatMap(([name, value]) => [el("dt", null, name), el("dd", null, value)])),
      tags("Attributes", span.tags, true),
      logs(span, trace),
      links(span),
      tags("Process", span.process, false),
    ),
  );
}

/**
 * @param {string} title
 * @param {import("./model.js").Tag[]} list
 * @param {boolean} open
 */
function tags(title, list, open) {
  if (list.length === 0) return null;
  const rows = [...list].sort((a, b) => a.key.localeCompare(b.key)).map(tag);
  return el(
    "details.tags",
    { open },
    el("summary", null, el("h4", null, title), el("span.count", null, list.length)),
    el("table.tag-table", null, el("tbody", null, ...rows)),
  );
}

/** @param {import("./model.js").Tag} tag */
function tag({ key, value }) {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return el("tr", null, el("th", { scope: "row" }, key), el("td", null, text));
}

/**
 * @param {import("./model.js").Span} span
 * @param {import("./model.js").Trace} trace
 */
function logs({ logs: list }, trace) {
  if (list.length === 0) return null;
  const items = list.map(({ timestamp, fields }) =>
    el(
      "li",
      null,
      el("p.log-time", null, `+ ${duration((timestamp - trace.start) / 1e6)}`),
      el("table.tag-table", null, el("tbody", null, ...fields.map(tag))),
    ),
  );
  return el(
    "details.tags",
    { open: true },
    el("summary", null, el("h4", null, "Events"), el("span.count", null, list.length)),
    el("ol.logs", null, ...items),
  );
}

/** @param {import("./model.js").Span} span */
function links({ links: list }) {
  if (list.length === 0) return null;
  const items = list.map(({ traceID, spanID }) =>
    el("li", null, el("a", { href: `/trace/${traceID}` }, traceID), ` span ${spanID}`),
  );
  return el(
    "details.tags",
    { open: true },
    el("summary", null, el("h4", null, "Links"), el("span.count", null, list.length)),
    el("ul", null, ...items),
  );
}
