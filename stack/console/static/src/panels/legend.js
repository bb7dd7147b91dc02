// @ts-check
import { el } from "../dom.js";
import { show } from "./field.js";
import { reduce, REDUCER_NAMES } from "./reduce.js";

/**
 * The legend of a chart; each entry is a button that switches its series off and on.
 * @param {import("./lines.js").Line[]} lines
 * @param {{displayMode?: string, calcs?: string[], showLegend?: boolean} | undefined} options
 * @param {Set<string>} off
 * @param {() => void} changed
 */
export function legend(lines, options = {}, off, changed) {
  if (options.showLegend === false || options.displayMode === "hidden") return el("div");
  const calcs = options.calcs ?? [];
  const entries = lines.map((line) => ({ line, button: entry(line, off, lines, changed) }));
  if (options.displayMode !== "table" && calcs.length === 0)
    return el("ul.legend-list", null, ...entries.map(({ button }) => el("li", null, button)));
  const head = el(
    "tr",
    null,
    el("th", { scope: "col" }, el("span.sr-only", null, "Series")),
    ...calcs.map((calc) => el("th", { scope: "col" }, REDUCER_NAMES[calc] ?? calc)),
  );
  const rows = entries.map(({ line, button }) =>
    el(
      "tr",
      null,
      el("th", { scope: "row" }, button),
      ...calcs.map((calc) => el("td", null, figure(reduce(line.series.values, calc), line.field))),
    ),
  );
  return el("table.legend-table", null, el("thead", null, head), el("tbody", null, ...rows));
}

/**
 * What a panel says when it is empty is not what one of its lines is worth.
 * @param {number | null} value
 * @param {import("./field.js").Field} field
 */
function figure(value, field) {
  return show(value, { ...field, noValue: undefined });
}

/**
 * @param {import("./lines.js").Line} line
 * @param {Set<string>} off
 * @param {import("./lines.js").Line[]} lines
 * @param {() => void} changed
 */
function entry({ name, color }, off, lines, changed) {
  const toggle = (/** @type {MouseEvent} */ event) => {
    if (event.ctrlKey || event.metaKey) isolate(name, off, lines);
    else if (!off.delete(name)) off.add(name);
    changed();
  };
  return el(
    "button.legend-entry",
    {
      type: "button",
      title: `${name}: click to hide or show, Ctrl-click to show it alone`,
      "aria-pressed": String(!off.has(name)),
      on: { click: toggle },
    },
    el("span.swatch", { style: { "--color": color } }),
    el("span.legend-name", null, name),
  );
}

/**
 * @param {string} name
 * @param {Set<string>} off
 * @param {import("./lines.js").Line[]} lines
 */
function isolate(name, off, lines) {
  const others = lines.map((line) => line.name).filter((other) => other !== name);
  const alone = !off.has(name) && others.every((other) => off.has(other));
  off.clear();
  if (!alone) others.forEach((other) => off.add(other));
}
