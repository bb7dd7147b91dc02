// @ts-check
import { number } from "./number.js";

const SMALL = /** @type {const} */ ([
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
  [1e-9, "ns"],
]);
const LARGE = /** @type {const} */ ([
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
]);

/**
 * A length of time as one reads it aloud: `3.4 ms`, `12 s`, `2 min 5 s`, `3 d 4 h`.
 * @param {number} seconds
 * @param {import("./number.js").NumberOptions} [options]
 */
export function duration(seconds, options = {}) {
  const length = Math.abs(seconds);
  if (length === 0) return "0 s";
  if (length < 60) return short(seconds, length, options);
  return (seconds < 0 ? "−" : "") + long(length);
}

/**
 * @param {number} seconds
 * @param {number} length
 * @param {import("./number.js").NumberOptions} options
 */
function short(seconds, length, options) {
  const [factor, unit] = SMALL.find(([least]) => length >= least * 0.9995) ?? SMALL[SMALL.length - 1];
  return `${number(seconds / factor, options)} ${unit}`;
}

/** @param {number} length at least a minute */
function long(length) {
  const first = LARGE.findIndex(([least]) => length >= least);
  const [small] = LARGE[first + 1] ?? LARGE[first];
  let rest = Math.round(length / small) * small;
  const parts = [];
  for (const [factor, unit] of LARGE.slice(Math.max(0, first - 1), first + 2)) {
    const count = Math.floor(rest / factor);
    rest -= count * factor;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

/**
 * The time between two moments in words: `now`, `5 min ago`, `in 2 h`.
 * @param {number} then milliseconds since the epoch
 * @param {number} now milliseconds since the epoch
 */
export function ago(then, now) {
  const seconds = Math.round((now - then) / 1000);
  if (Math.abs(seconds) < 2) return "now";
  const [factor, unit] = LARGE.find(([least]) => Math.abs(seconds) >= least) ?? LARGE[3];
  const text = `${Math.floor(Math.abs(seconds) / factor)} ${unit}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/**
 * Seconds in a Prometheus or Go duration such as `1h30m`, `250ms` or `15s`; NaN when it is none.
 * @param {string} text
 */
export function parseDuration(text) {
  const unit = { ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };
  const part = /(\d+(?:\.\d+)?)(ms|us|µs|ns|s|m|h|d|w|y)/gy;
  let seconds = 0;
  let end = 0;
  for (const match of text.trim().matchAll(part)) {
    seconds += Number(match[1]) * unit[/** @type {keyof typeof unit} */ (match[2])];
    end = (match.index ?? 0) + match[0].length;
  }
  return end > 0 && end === text.trim().length ? seconds : NaN;
}
