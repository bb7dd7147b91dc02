// @ts-check

/**
 * Date and time to the second, in the reader's own zone.
 * @param {number} value milliseconds since the epoch
 * @param {{locale?: string, timeZone?: string}} [options]
 */
export function dateTime(value, { locale, timeZone } = {}) {
  return new Intl.DateTimeFormat(locale, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(value);
}

/**
 * Day of the year and time to the second, in the reader's own zone.
 * @param {number} value milliseconds since the epoch
 * @param {{locale?: string, timeZone?: string}} [options]
 */
export function dayTime(value, { locale, timeZone } = {}) {
  return new Intl.DateTimeFormat(locale, {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(value);
}

/**
 * Time of day to the second.
 * @param {number} value milliseconds since the epoch
 * @param {{locale?: string, timeZone?: string}} [options]
 */
export function clock(value, { locale, timeZone } = {}) {
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(value);
}

/**
 * Two moments, what they share said once.
 * @param {number} from milliseconds since the epoch
 * @param {number} to milliseconds since the epoch
 * @param {{locale?: string, timeZone?: string}} [options]
 */
export function between(from, to, { locale, timeZone } = {}) {
  return new Intl.DateTimeFormat(locale, {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).formatRange(from, to);
}

/**
 * A tick of a time axis, as short as the span allows.
 * @param {number} value milliseconds since the epoch
 * @param {number} span milliseconds the axis covers
 * @param {{locale?: string, timeZone?: string}} [options]
 */
export function tick(value, span, { locale, timeZone } = {}) {
  /** @type {Intl.DateTimeFormatOptions} */
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { month: "short", day: "numeric" };
  if (span <= 5 * 60_000) time.second = "2-digit";
  const shape = span > 6 * 86400_000 ? day : span > 86400_000 ? { ...day, ...time } : time;
  return new Intl.DateTimeFormat(locale, { ...shape, timeZone }).format(value);
}
