// @ts-check
import { attribute, traceOf } from "./model.js";

/**
 * @typedef {object} Summary a trace in one line
 * @property {string} id
 * @property {string} name
 * @property {string} service
 * @property {string[]} services
 * @property {number} start milliseconds since the epoch
 * @property {number} seconds
 * @property {number} spans
 * @property {number} errors
 * @property {string} job
 */

/**
 * @param {import("./model.js").JaegerTrace} data
 * @returns {Summary}
 */
export function summaryOf(data) {
  const trace = traceOf(data);
  const [root] = trace.roots;
  return {
    id: trace.id,
    name: root?.name ?? "(no spans)",
    service: root?.service ?? "",
    services: trace.services,
    start: trace.start / 1000,
    seconds: trace.duration / 1e6,
    spans: trace.spans.length,
    errors: trace.spans.filter(({ error }) => error).length,
    job: String(attribute(trace, "plainview.job.id") ?? ""),
  };
}

/**
 * @param {Summary[]} found
 * @param {"newest" | "longest" | "spans"} order
 */
export function ordered(found, order) {
  const by = {
    newest: (/** @type {Summary} */ one) => one.start,
    longest: (/** @type {Summary} */ one) => one.seconds,
    spans: (/** @type {Summary} */ one) => one.spans,
  }[order];
  return [...found].sort((a, b) => by(b) - by(a));
}
