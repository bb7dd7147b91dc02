// @ts-check
import { ago, duration } from "./duration.js";
import { fractionDigits, number } from "./number.js";
import { dateTime } from "./time.js";

/**
 * @typedef {import("./number.js").NumberOptions & {now?: number}} UnitOptions
 * @typedef {{text: string, prefix?: string, suffix?: string}} Parts the figure apart from its unit, for large type
 */

const SI = ["", "k", "M", "G", "T", "P"];
const IEC = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

/** @type {Record<string, {base: number, steps: string[], suffix: string}>} */
const SCALED = {
  bytes: { base: 1024, steps: IEC, suffix: "B" },
  decbytes: { base: 1000, steps: SI, suffix: "B" },
  Bps: { base: 1000, steps: SI, suffix: "B/s" },
  binBps: { base: 1024, steps: IEC, suffix: "B/s" },
  bits: { base: 1024, steps: IEC, suffix: "b" },
  decbits: { base: 1000, steps: SI, suffix: "b" },
  bps: { base: 1000, steps: SI, suffix: "b/s" },
  hertz: { base: 1000, steps: SI, suffix: "Hz" },
  watt: { base: 1000, steps: SI, suffix: "W" },
  joule: { base: 1000, steps: SI, suffix: "J" },
  watth: { base: 1000, steps: SI, suffix: "Wh" },
  kwatth: { base: 1000, steps: ["k", "M", "G"], suffix: "Wh" },
  massg: { base: 1000, steps: SI, suffix: "g" },
  volt: { base: 1000, steps: SI, suffix: "V" },
  reqps: { base: 1000, steps: SI, suffix: "req/s" },
  ops: { base: 1000, steps: SI, suffix: "ops/s" },
  cps: { base: 1000, steps: SI, suffix: "/s" },
  wps: { base: 1000, steps: SI, suffix: "writes/s" },
  rps: { base: 1000, steps: SI, suffix: "reads/s" },
  short: { base: 1000, steps: ["", "K", "M", "B", "T"], suffix: "" },
};

/** @type {Record<string, number>} seconds in one of the unit */
const TIMES = {
  s: 1,
  ms: 1e-3,
  µs: 1e-6,
  ns: 1e-9,
  m: 60,
  h: 3600,
  d: 86400,
  dtdurations: 1,
  dtdurationms: 1e-3,
  dthms: 1,
};

/** @type {Record<string, [string, string]>} */
const BOOLS = { bool: ["True", "False"], bool_yes_no: ["Yes", "No"], bool_on_off: ["On", "Off"] };

/** @type {Record<string, string>} */
const SUFFIX = { celsius: "°C", fahrenheit: "°F", rotrpm: "rpm", dB: "dB" };

/**
 * `value` in a Grafana unit, the figure apart from what stands around it.
 * @param {number} value
 * @param {string} [unit] a Grafana unit id; an unknown one is appended as it is
 * @param {UnitOptions} [options]
 * @returns {Parts}
 */
export function parts(value, unit = "none", options = {}) {
  if (Number.isNaN(value)) return { text: "NaN" };
  if (!Number.isFinite(value)) return { text: value > 0 ? "+∞" : "−∞" };
  if (unit in SCALED) return scaled(value, SCALED[unit], options);
  if (unit in TIMES) return split(duration(value * TIMES[unit], options));
  if (unit in BOOLS) return { text: BOOLS[unit][value === 0 ? 1 : 0] };
  if (unit === "percent" || unit === "percentunit") return percent(unit === "percent" ? value : value * 100, options);
  if (unit.startsWith("currency")) return { text: currency(value, unit.slice("currency".length), options) };
  if (unit.startsWith("dateTime")) return { text: moment(value, unit, options) };
  return { text: number(value, options), ...around(unit) };
}

/**
 * `value` in a Grafana unit as one string.
 * @param {number} value
 * @param {string} [unit]
 * @param {UnitOptions} [options]
 */
export function format(value, unit, options) {
  const { prefix = "", text, suffix = "" } = parts(value, unit, options);
  return prefix + text + (suffix === "" || suffix === "%" ? suffix : ` ${suffix}`);
}

/** @param {string} unit */
function around(unit) {
  if (["none", "", "string", "locale"].includes(unit)) return {};
  if (unit.startsWith("suffix:")) return { suffix: unit.slice(7) };
  if (unit.startsWith("prefix:")) return { prefix: unit.slice(7) };
  return { suffix: SUFFIX[unit] ?? unit };
}

/**
 * @param {number} value
 * @param {{base: number, steps: string[], suffix: string}} scale
 * @param {UnitOptions} options
 * @returns {Parts}
 */
function scaled(value, { base, steps, suffix }, options) {
  const power = value === 0 ? 0 : Math.floor(Math.log(Math.abs(value) * 1.0005) / Math.log(base));
  const step = Math.min(steps.length - 1, Math.max(0, power));
  // No decimals are meant for ones: 1350 is 1.35 K, not 1 K.
  const fitting = step > 0 && options.decimals === 0 ? { ...options, decimals: undefined } : options;
  return { text: number(value / base ** step, fitting), suffix: steps[step] + suffix };
}

/** @param {string} text such as `3.4 ms`; a compound one such as `2 min 5 s` stays whole */
function split(text) {
  const words = text.split(" ");
  return words.length === 2 ? { text: words[0], suffix: words[1] } : { text };
}

/**
 * @param {number} value
 * @param {UnitOptions} options
 * @returns {Parts}
 */
function percent(value, options) {
  const decimals = options.decimals ?? Math.min(2, fractionDigits(value));
  const text = new Intl.NumberFormat(options.locale, {
    minimumFractionDigits: options.decimals ?? 0,
    maximumFractionDigits: Math.abs(value) > 99 && Math.abs(value) < 100 ? Math.max(2, decimals) : decimals,
  }).format(value + 0);
  return { text, suffix: "%" };
}

/**
 * Money. Small sums keep two significant digits: a tenth of a cent is not nothing.
 * @param {number} value
 * @param {string} code ISO 4217
 * @param {UnitOptions} options
 */
function currency(value, code, { decimals, locale }) {
  const small = Math.abs(value) > 0 && Math.abs(value) < 0.1;
  const digits = decimals ?? (small ? Math.min(8, fractionDigits(value) - 1) : 2);
  return new Intl.NumberFormat(locale, {
    style: "currency",
    currency: /^[A-Z]{3}$/.test(code) ? code : "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value + 0);
}

/**
 * @param {number} value milliseconds since the epoch
 * @param {string} unit
 * @param {UnitOptions} options
 */
function moment(value, unit, { now = Date.now(), locale }) {
  if (value === 0) return "never";
  return unit === "dateTimeFromNow" ? ago(value, now) : dateTime(value, { locale });
}
