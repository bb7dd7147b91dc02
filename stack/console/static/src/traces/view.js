// @ts-check
import { ApiError, getJson } from "../api.js";
import { copyButton } from "../copy.js";
import { el } from "../dom.js";
import { duration } from "../format/duration.js";
import { number } from "../format/number.js";
import { icon } from "../icon.js";
import { facts, selfTimes } from "./facts.js";
import { traceOf } from "./model.js";
import { serviceColors } from "./colors.js";
import { waterfall } from "./waterfall.js";

/**
 * One trace: what matters of it on top, then the waterfall.
 * @type {import("../main.js").View}
 */
export async function traceView(root, { params, signal, title, session }) {
  title(`Trace ${params.id.slice(0, 8)}`);
  const data = await load(params.id, signal);
  const trace = traceOf(data);
  const [first] = trace.roots;
  const colors = serviceColors(trace.services);
  title(first ? first.name : "Trace");
  root.append(
    el(
      "div.view-head",
      null,
      el(
        "div.view-title",
        null,
        el("p.crumb", null, el("a", { href: "/traces" }, icon("back"), "Traces")),
        el("h1", { tabindex: "-1" }, first?.name ?? "Empty trace"),
        el(
          "p.trace-id",
          null,
          el("code", null, trace.id),
          copyButton(trace.id, "trace id"),
          session.jaeger_url &&
            el(
              "a",
              { href: `${session.jaeger_url}/trace/${trace.id}`, target: "_blank", rel: "noreferrer" },
              "Jaeger",
              icon("external"),
            ),
        ),
      ),
    ),
    el("dl.facts", null, ...facts(trace).map(fact)),
    ...trace.warnings.map((text) => el("p.span-warning", null, icon("warning"), text)),
    ...breakdown(trace, colors),
    el("h2.sr-only", null, "Waterfall"),
    el(
      "p.keys",
      null,
      el("kbd", null, "↑"),
      el("kbd", null, "↓"),
      " move  ",
      el("kbd", null, "←"),
      el("kbd", null, "→"),
      " fold  ",
      el("kbd", null, "Enter"),
      " details",
    ),
    waterfall(trace, colors),
  );
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function load(id, signal) {
  const { data, errors } = await getJson(`jaeger/traces/${encodeURIComponent(id)}`, { signal });
  if (!data?.[0])
    throw new ApiError(
      errors?.[0]?.msg ?? `There is no trace ${id}. It may not have arrived yet, or it is older than the store keeps.`,
      { status: 404 },
    );
  return data[0];
}

/** @param {import("./facts.js").Fact} fact */
function fact({ name, value, tone, copy }) {
  return el(
    "div.fact",
    { data: { tone: tone ?? "plain" } },
    el("dt", null, name),
    el("dd", { title: value }, el("span", null, value), copy && copyButton(value, name)),
  );
}

/**
 * One bar of all operations by the time they took themselves.
 * @param {import("./model.js").Trace} trace
 * @param {Map<string, string>} colors
 */
function breakdown(trace, colors) {
  const times = selfTimes(trace).filter(({ seconds }) => seconds > 0);
  const total = times.reduce((sum, { seconds }) => sum + seconds, 0);
  if (total === 0 || times.length < 2) return [];
  const shown = times.slice(0, 5);
  const bar = el(
    "div.breakdown",
    null,
    el(
      "div.breakdown-bar",
      { "aria-hidden": "true" },
      ...shown.map(({ service, seconds }, index) =>
        el("span", {
          style: {
            "--share": (seconds / total).toFixed(4),
            "--color": colors.get(service) ?? "",
            "--fade": (1 - index * 0.17).toFixed(2),
          },
        }),
      ),
    ),
    el(
      "ul",
      null,
      ...shown.map(({ name, service, seconds }, index) =>
        el(
          "li",
          null,
          el("span.swatch", {
            style: { "--color": colors.get(service) ?? "", opacity: (1 - index * 0.17).toFixed(2) },
          }),
          el("b", null, name),
          ` ${duration(seconds)} · ${number((seconds / total) * 100, { decimals: 0 })}%`,
        ),
      ),
    ),
  );
  return [el("h2.sr-only", null, "Where the time went"), bar];
}
