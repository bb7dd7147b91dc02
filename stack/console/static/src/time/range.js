// @ts-check
import { parseDuration } from "../format/duration.js";
import { between } from "../format/time.js";

/**
 * @typedef {{from: string, to: string}} RangeText as in the address: `now-1h`, or milliseconds since the epoch
 * @typedef {{from: number, to: number}} Range milliseconds since the epoch
 */

export const PRESETS = Object.freeze(
  /** @type {const} */ ([
    ["now-5m", "Last 5 minutes"],
    ["now-15m", "Last 15 minutes"],
    ["now-1h", "Last hour"],
    ["now-6h", "Last 6 hours"],
    ["now-24h", "Last 24 hours"],
    ["now-7d", "Last 7 days"],
  ]),
);

/**
 * The moment that `text` names; NaN when it names none.
 * @param {string} text `now`, `now-6h`, milliseconds since the epoch, or an ISO 8601 time
 * @param {number} now milliseconds since the epoch
 */
export function moment(text, now) {
  const value = text.trim();
  if (value === "now") return now;
  if (value.startsWith("now-")) return now - parseDuration(value.slice(4)) * 1000;
  if (/^\d{9,}$/.test(value)) return Number(value);
  return Date.parse(value);
}

/**
 * The range in milliseconds; the last hour when the text is not a range.
 * @param {RangeText} text
 * @param {number} now milliseconds since the epoch
 * @returns {Range}
 */
export function resolve({ from, to }, now) {
  const range = { from: moment(from, now), to: moment(to, now) };
  return range.from < range.to ? range : { from: now - 3600_000, to: now };
}

/**
 * What the range is called.
 * @param {RangeText} text
 * @param {number} now
 */
export function label({ from, to }, now) {
  const preset = to === "now" ? PRESETS.find(([value]) => value === from) : undefined;
  if (preset) return preset[1];
  if (to === "now" && from.startsWith("now-")) return `Last ${from.slice(4)}`;
  const range = resolve({ from, to }, now);
  return between(range.from, range.to);
}

/**
 * The moment as a `datetime-local` field wants it, in the reader's zone.
 * @param {number} value milliseconds since the epoch
 */
export function fieldValue(value) {
  const date = new Date(value);
  return new Date(value - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
