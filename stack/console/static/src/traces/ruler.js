// @ts-check
import { niceAxis } from "../format/axis.js";
import { duration } from "../format/duration.js";
import { el } from "../dom.js";

/**
 * Moments of a time line that are round in the unit shown.
 * @param {number} total microseconds
 * @param {number} [count]
 * @returns {{share: number, text: string}[]} `share` is 0 at the start, 1 at the end
 */
export function marks(total, count = 4) {
  if (total <= 0) return [{ share: 0, text: "0 s" }];
  const seconds = total / 1e6;
  const { interval } = niceAxis(0, seconds, "s", count);
  const found = [];
  for (let at = 0; at <= seconds * 1.0001; at += interval)
    found.push({ share: at / seconds, text: duration(Number(at.toPrecision(10))) });
  return found;
}

/** @param {number} total microseconds */
export function ruler(total) {
  return el(
    "div.ruler",
    { "aria-hidden": "true" },
    ...marks(total).map(({ share, text }) => el("span.ruler-mark", { style: { "--at": share.toFixed(5) } }, text)),
  );
}
