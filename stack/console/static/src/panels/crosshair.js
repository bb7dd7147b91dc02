// @ts-check
import { el } from "../dom.js";

/**
 * @typedef {object} Shared cursor that all charts of a view follow
 * @property {(time: number | null, source: object) => void} move
 * @property {(listener: (time: number | null, source: object) => void) => () => void} follow
 */

/** @returns {Shared} */
export function sharedCursor() {
  /** @type {Set<(time: number | null, source: object) => void>} */
  const listeners = new Set();
  return {
    move: (time, source) => listeners.forEach((listener) => listener(time, source)),
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * A vertical line at the pointer on this chart and on all others of the view; dragging chooses a range of time.
 * @param {HTMLElement} plot
 * @param {object} parts
 * @param {Shared} parts.shared
 * @param {(range: {from: number, to: number}) => void} parts.zoom
 * @param {() => any} parts.at the drawing: `chart`, `range`
 * @param {(time: number) => HTMLElement | null} parts.readout what to show beside the line
 */
export function crosshair(plot, { shared, zoom, at, readout }) {
  const line = el("div.cursor-line", { hidden: true });
  const band = el("div.cursor-band", { hidden: true });
  const tip = el("div.readout", { hidden: true });
  plot.append(line, band);
  document.body.append(tip);
  const self = {};
  /** @type {number | null} */
  let dragFrom = null;
  /** @type {{time: number, x: number, y: number} | null} */
  let here = null;

  const pixel = (/** @type {number} */ time) => at().chart.convertToPixel({ xAxisIndex: 0 }, time);
  const timeAt = (/** @type {MouseEvent} */ event) => {
    const drawing = at();
    if (!drawing?.chart || !drawing.lines) return null;
    const x = event.clientX - plot.getBoundingClientRect().left;
    if (!drawing.chart.containPixel({ gridIndex: 0 }, [x, 12])) return null;
    return Math.min(
      drawing.range.to,
      Math.max(drawing.range.from, drawing.chart.convertFromPixel({ xAxisIndex: 0 }, x)),
    );
  };
  const showLine = (/** @type {number | null} */ time) => {
    const drawing = at();
    line.hidden = time === null || !drawing?.chart || time < drawing.range.from || time > drawing.range.to;
    if (!line.hidden) line.style.transform = `translateX(${Math.round(pixel(/** @type {number} */ (time)))}px)`;
  };
  const showTip = () => {
    const content = here && dragFrom === null ? readout(here.time) : null;
    tip.hidden = content === null;
    if (!content || !here) return;
    tip.replaceChildren(content);
    const { width, height } = tip.getBoundingClientRect();
    const left = here.x + 16 + width > innerWidth ? here.x - 16 - width : here.x + 16;
    const top = Math.min(innerHeight - height - 8, Math.max(8, here.y - height / 2));
    tip.style.transform = `translate(${Math.max(8, Math.round(left))}px, ${Math.round(top)}px)`;
  };
  const leave = () => {
    here = null;
    shared.move(null, self);
    showTip();
  };
  const move = (/** @type {PointerEvent} */ event) => {
    const time = timeAt(event);
    if (time === null) return leave();
    here = { time, x: event.clientX, y: event.clientY };
    shared.move(time, self);
    if (dragFrom !== null) showBand(dragFrom, time);
    showTip();
  };
  const showBand = (/** @type {number} */ a, /** @type {number} */ b) => {
    const [from, to] = [pixel(Math.min(a, b)), pixel(Math.max(a, b))];
    band.hidden = to - from < 4;
    band.style.transform = `translateX(${from}px)`;
    band.style.width = `${to - from}px`;
  };
  const up = (/** @type {PointerEvent} */ event) => {
    const [from, to] = [dragFrom, timeAt(event)];
    dragFrom = null;
    if (!band.hidden && from !== null && to !== null)
      zoom({ from: Math.round(Math.min(from, to)), to: Math.round(Math.max(from, to)) });
    band.hidden = true;
  };
  const unfollow = shared.follow((time) => showLine(time));
  plot.addEventListener("pointermove", move);
  plot.addEventListener("pointerleave", leave);
  plot.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType === "mouse") dragFrom = timeAt(event);
  });
  plot.addEventListener("pointerup", up);

  return {
    redraw: showTip,
    dispose() {
      unfollow();
      tip.remove();
    },
  };
}
