// @ts-check
import { duration } from "../format/duration.js";
import { format } from "../format/units.js";
import { dayTime } from "../format/time.js";
import { attribute } from "./model.js";

/** @typedef {{name: string, value: string, tone?: "error" | "muted" | "warning", copy?: boolean}} Fact */

/**
 * What one wants to know of a trace before looking at it.
 * @param {import("./model.js").Trace} trace
 * @returns {Fact[]}
 */
export function facts(trace) {
  const errors = trace.spans.filter(({ error }) => error).length;
  /** @type {(Fact | null)[]} */
  const found = [
    { name: "Duration", value: duration(trace.duration / 1e6) },
    { name: "Started", value: dayTime(trace.start / 1000) },
    { name: "Spans", value: String(trace.spans.length) },
    { name: "Services", value: trace.services.join(", ") },
    errors > 0 ? { name: "Errors", value: String(errors), tone: "error" } : null,
    fact(trace, "Outcome", "plainview.outcome", String, (value) => (value === "failed" ? "error" : undefined)),
    fact(trace, "Job", "plainview.job.id", String),
    fact(trace, "Customer", "plainview.customer", String),
    fact(trace, "Model", "plainview.model", String),
    fact(trace, "Device", "plainview.device", String, () =>
      attribute(trace, "plainview.device.simulated") ? "warning" : undefined,
    ),
    fact(trace, "Waited in queue", "plainview.queue.seconds", (value) => duration(Number(value))),
    fact(trace, "Device time", "plainview.gpu.seconds", (value) => duration(Number(value))),
    fact(trace, "Cost", "plainview.cost.usd", (value) => format(Number(value), "currencyUSD")),
  ];
  return found.filter((one) => one !== null);
}

/**
 * @param {import("./model.js").Trace} trace
 * @param {string} name
 * @param {string} key
 * @param {(value: any) => string} write
 * @param {(value: any) => Fact["tone"]} [tone]
 * @returns {Fact | null}
 */
function fact(trace, name, key, write, tone) {
  const value = attribute(trace, key);
  return value === undefined || value === ""
    ? null
    : { name, value: write(value), tone: tone?.(value), copy: key === "plainview.job.id" };
}

/**
 * Time spent in each operation itself, without what its children took; most first.
 * @param {import("./model.js").Trace} trace
 * @returns {{name: string, service: string, seconds: number}[]}
 */
export function selfTimes({ spans }) {
  /** @type {Map<string, {name: string, service: string, seconds: number}>} */
  const times = new Map();
  for (const span of spans) {
    const key = `${span.service}\n${span.name}`;
    const held = times.get(key) ?? { name: span.name, service: span.service, seconds: 0 };
    held.seconds += Math.max(0, span.duration - covered(span)) / 1e6;
    times.set(key, held);
  }
  return [...times.values()].sort((a, b) => b.seconds - a.seconds);
}

/**
 * Microseconds of a span during which at least one child ran.
 * @param {import("./model.js").Span} span
 */
function covered(span) {
  let [total, end] = [0, span.start];
  for (const child of span.children) {
    const from = Math.max(end, child.start);
    const to = Math.min(span.start + span.duration, child.start + child.duration);
    if (to > from) total += to - from;
    end = Math.max(end, to);
  }
  return total;
}
