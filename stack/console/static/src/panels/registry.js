// @ts-check
import { mount as bargauge } from "./bargauge.js";
import { mount as gauge } from "./gauge.js";
import { mount as heatmap } from "./heatmap.js";
import { mount as stat } from "./stat.js";
import { mount as table } from "./table.js";
import { mount as text } from "./text.js";
import { mount as timeseries } from "./timeseries.js";

/**
 * @typedef {object} PanelData what a panel is drawn from
 * @property {import("../promql/results.js").Series[]} series
 * @property {import("./frames.js").Frame[]} frames
 * @property {import("../promql/exemplars.js").Exemplar[]} exemplars
 * @property {{from: number, to: number}} range milliseconds
 * @property {{from: number, to: number, step: number}} grid
 *
 * @typedef {object} PanelContext
 * @property {import("./crosshair.js").Shared} shared
 * @property {(range: {from: number, to: number}) => void} zoom
 * @property {() => import("./palette.js").Colors} colors
 *
 * @typedef {{draw: (data: PanelData) => void | Promise<void>, dispose: () => void}} Mounted
 * @typedef {(element: HTMLElement, panel: import("../dashboard/layout.js").Panel, context: PanelContext) => Mounted} Mount
 */

/** @type {Record<string, Mount>} */
export const PANELS = Object.freeze({ bargauge, gauge, heatmap, stat, table, text, timeseries });
