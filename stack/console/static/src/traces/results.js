// @ts-check
import { el } from "../dom.js";
import { ago, duration } from "../format/duration.js";
import { dateTime } from "../format/time.js";
import { icon } from "../icon.js";
import { serviceColors } from "./colors.js";
import { ordered } from "./summary.js";

/** @type {["newest" | "longest" | "spans", string][]} */
const ORDERS = [
  ["newest", "Newest"],
  ["longest", "Longest"],
  ["spans", "Most spans"],
];

/**
 * The traces found, each with its length to scale.
 * @param {import("./summary.js").Summary[]} found
 * @param {import("./form.js").Question} question
 * @param {(changes: Record<string, string>) => void} ask
 */
export function results(found, { sort, limit }, ask) {
  const longest = Math.max(...found.map(({ seconds }) => seconds), 1e-6);
  const orders = ORDERS.map(([value, text]) =>
    el(
      "button.segment",
      { type: "button", "aria-pressed": String(sort === value), on: { click: () => ask({ sort: value }) } },
      text,
    ),
  );
  const count = `${found.length} ${found.length === 1 ? "trace" : "traces"}${found.length >= Number(limit) ? ", more may fit" : ""}`;
  return el(
    "section",
    null,
    el(
      "div.results-head",
      null,
      el("h2", null, count),
      el("div.segments", { role: "group", "aria-label": "Order" }, ...orders),
    ),
    el("ul.trace-list", null, ...ordered(found, sort).map((one) => item(one, longest))),
  );
}

/**
 * @param {import("./summary.js").Summary} trace
 * @param {number} longest seconds
 */
function item({ id, name, service, services, start, seconds, spans, errors, job }, longest) {
  const colors = serviceColors(services);
  return el(
    "li.trace-item",
    { style: { "--share": (seconds / longest).toFixed(4), "--color": colors.get(service) ?? "" } },
    el(
      "a",
      { href: `/trace/${id}` },
      el(
        "span.trace-name",
        null,
        el("span.swatch"),
        el("b", null, name),
        errors > 0 && el("span.badge.error", null, icon("warning"), errors === 1 ? "1 error" : `${errors} errors`),
      ),
      el("span.trace-length", null, duration(seconds)),
      el("span.trace-bar", null, el("span")),
      el(
        "span.trace-meta",
        null,
        el("span", null, services.join(" → ")),
        el("span", null, `${spans} ${spans === 1 ? "span" : "spans"}`),
        job && el("span", null, `job ${job.slice(0, 13)}`),
        el("code", null, id.slice(0, 8)),
        el("time", { title: dateTime(start) }, ago(start, Date.now())),
      ),
    ),
  );
}
