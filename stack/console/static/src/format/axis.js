// @ts-check

const DECIMAL = [1, 2, 2.5, 5, 10];
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const BINARY = new Set(["bytes", "bits", "binBps"]);
/** @type {Record<string, number>} */
const TIMES = { s: 1, ms: 1e-3, m: 60, h: 3600 };

/**
 * Bounds and tick distance of a value axis that come out round in the unit shown: 512 MiB, 15 s, 0.5 %.
 * @param {number} low
 * @param {number} high
 * @param {string} [unit] a Grafana unit id
 * @param {number} [ticks] how many intervals to aim for
 * @returns {{min: number, max: number, interval: number}}
 */
export function niceAxis(low, high, unit = "none", ticks = 4) {
  if (!(high > low))
    [low, high] = low === 0 || !Number.isFinite(low) ? [0, 1] : low > 0 ? [0, low * 1.2] : [low * 1.2, 0];
  const interval = niceInterval((high - low) / ticks, unit);
  const round = (/** @type {number} */ value) => Number(value.toPrecision(12));
  return {
    min: round(Math.floor(low / interval + 1e-9) * interval),
    max: round(Math.ceil(high / interval - 1e-9) * interval),
    interval: round(interval),
  };
}

/**
 * @param {number} raw
 * @param {string} unit
 */
function niceInterval(raw, unit) {
  if (unit in TIMES && raw * TIMES[unit] > 1) {
    const step = SECONDS.find((candidate) => candidate >= raw * TIMES[unit] * 0.999);
    if (step) return step / TIMES[unit];
  }
  if (BINARY.has(unit) && raw > 1) return binaryInterval(raw);
  const power = 10 ** Math.floor(Math.log10(raw));
  return (DECIMAL.find((step) => step * power >= raw * 0.999) ?? 10) * power;
}

/** @param {number} raw bytes */
function binaryInterval(raw) {
  const power = 1024 ** Math.floor(Math.log(raw) / Math.log(1024));
  const step = [1, 2, 4, 5, 8, 10, 16, 20, 32, 40, 50, 64, 100, 128, 200, 256, 512, 1024].find(
    (s) => s * power >= raw * 0.999,
  );
  return (step ?? 1024) * power;
}
