// @ts-check
import { tick } from "../format/time.js";

const STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

// Pixels right of a chart that a label may run into.
const ROOM = 18;

/**
 * Ticks of a time axis on round local times, as far apart as their labels need; the last one's label has room.
 * @param {{from: number, to: number}} range milliseconds
 * @param {number} width pixels
 * @param {number} [offset] minutes from UTC to the reader's zone, as `Date.getTimezoneOffset` counts
 * @returns {number[]}
 */
export function timeTicks({ from, to }, width, offset = new Date(to).getTimezoneOffset()) {
  const span = (to - from) / 1000;
  const label = span > 86400 ? 100 : span <= 300 ? 72 : 56;
  const step = STEPS.find((candidate) => (width * candidate) / span >= label) ?? STEPS[STEPS.length - 1];
  const shift = offset * 60_000;
  const last = to - (Math.max(0, label / 2 - ROOM) / width) * span * 1000;
  const ticks = [];
  for (let time = Math.ceil((from - shift) / (step * 1000)) * step * 1000 + shift; time <= last; time += step * 1000)
    ticks.push(time);
  return ticks;
}

/**
 * @param {{from: number, to: number}} range milliseconds
 * @param {number} width pixels
 * @param {any} look
 */
export function timeAxis(range, width, look) {
  return {
    type: "time",
    min: range.from,
    max: range.to,
    axisLine: look.line,
    axisTick: { show: true, length: 4, lineStyle: look.line.lineStyle, customValues: timeTicks(range, width) },
    axisLabel: {
      ...look.text,
      customValues: timeTicks(range, width),
      formatter: (/** @type {number} */ value) => tick(value, range.to - range.from),
      hideOverlap: true,
      margin: 8,
    },
    splitLine: { show: false },
  };
}
