// @ts-check
import { el } from "../dom.js";
import { duration } from "../format/duration.js";
import { icon } from "../icon.js";
import { spanDetail } from "./detail.js";
import { visibleRows } from "./model.js";
import { ruler } from "./ruler.js";

const MOST_ROWS = 3000;

/**
 * The spans of a trace over time, as a tree one can fold. Arrow keys move and fold, Enter shows a span's details.
 * @param {import("./model.js").Trace} trace
 * @param {Map<string, string>} colors CSS colour of each service
 * @returns {HTMLElement}
 */
export function waterfall(trace, colors) {
  /** @type {Set<string>} */
  const folded = new Set();
  /** @type {Set<string>} */
  const open = new Set();
  let at = trace.roots[0]?.id ?? "";
  const body = el("div.waterfall-rows", {
    role: "treegrid",
    "aria-label": "Spans",
    on: { keydown: (/** @type {KeyboardEvent} */ event) => key(event) },
  });
  const element = el(
    "div.waterfall",
    null,
    el("div.waterfall-head", null, el("span", null, "Span"), ruler(trace.duration)),
    body,
  );

  const draw = (/** @type {boolean} */ focus = false) => {
    const rows = visibleRows(trace.roots, folded);
    if (!rows.some(({ span }) => span.id === at)) at = rows[0]?.span.id ?? "";
    body.replaceChildren(
      ...rows.slice(0, MOST_ROWS).flatMap(({ span, depth }) => {
        const row = rowOf(trace, span, depth, {
          colors,
          folded: folded.has(span.id),
          open: open.has(span.id),
          current: span.id === at,
        });
        row.addEventListener("click", (event) => click(event, span));
        return open.has(span.id)
          ? [row, spanDetail(span, trace, colors.get(span.service) ?? "", () => toggle(open, span.id))]
          : [row];
      }),
    );
    if (rows.length > MOST_ROWS)
      body.append(el("p.waterfall-more", null, `${rows.length - MOST_ROWS} more spans: fold some to see them.`));
    if (focus) /** @type {HTMLElement | null} */ (body.querySelector(".span-row[tabindex='0']"))?.focus();
  };
  const toggle = (/** @type {Set<string>} */ set, /** @type {string} */ id) => {
    if (!set.delete(id)) set.add(id);
    at = id;
    draw(true);
  };
  const click = (/** @type {MouseEvent} */ event, /** @type {import("./model.js").Span} */ span) => {
    const fold = event.target instanceof Element && event.target.closest(".fold") !== null && span.children.length > 0;
    toggle(fold ? folded : open, span.id);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (!(event.target instanceof Element) || !event.target.classList.contains("span-row")) return;
    const next = moved(event.key, visibleRows(trace.roots, folded), at, folded, open);
    if (!next) return;
    event.preventDefault();
    at = next;
    draw(true);
  };
  draw();
  return element;
}

/**
 * What a key does in the tree: the span to go to, with `folded` and `open` changed; null for other keys.
 * @param {string} key
 * @param {{span: import("./model.js").Span, depth: number}[]} rows
 * @param {string} at id of the span one is at
 * @param {Set<string>} folded
 * @param {Set<string>} open
 * @returns {string | null}
 */
export function moved(key, rows, at, folded, open) {
  const place = rows.findIndex(({ span }) => span.id === at);
  const span = rows[place]?.span;
  if (!span) return null;
  switch (key) {
    case "ArrowDown":
      return rows[Math.min(rows.length - 1, place + 1)].span.id;
    case "ArrowUp":
      return rows[Math.max(0, place - 1)].span.id;
    case "Home":
      return rows[0].span.id;
    case "End":
      return rows[rows.length - 1].span.id;
    case "ArrowRight":
      if (folded.delete(at)) return at;
      return span.children[0]?.id ?? at;
    case "ArrowLeft":
      if (span.children.length > 0 && !folded.has(at)) folded.add(at);
      else return span.parent ?? at;
      return at;
    case "Enter":
    case " ":
      if (!open.delete(at)) open.add(at);
      return at;
    default:
      return null;
  }
}

/**
 * @param {import("./model.js").Trace} trace
 * @param {import("./model.js").Span} span
 * @param {number} depth
 * @param {{colors: Map<string, string>, folded: boolean, open: boolean, current: boolean}} look
 */
function rowOf(trace, span, depth, { colors, folded, open, current }) {
  const total = Math.max(trace.duration, 1);
  const [start, share] = [(span.start - trace.start) / total, span.duration / total];
  const length = duration(span.duration / 1e6);
  const parent = span.children.length > 0;
  return el(
    "div.span-row",
    {
      role: "row",
      tabindex: current ? "0" : "-1",
      "aria-level": depth + 1,
      "aria-expanded": parent ? String(!folded) : null,
      "aria-selected": String(open),
      "aria-label": `${span.name}, ${span.service}, ${length}${span.error ? ", error" : ""}`,
      style: {
        "--depth": depth,
        "--color": colors.get(span.service) ?? "",
        "--start": start.toFixed(6),
        "--share": share.toFixed(6),
      },
      data: { error: span.error ? "true" : "false", span: span.name },
    },
    el(
      "div.span-name",
      { role: "gridcell" },
      el(
        "span.fold",
        { "aria-hidden": "true", data: { state: parent ? (folded ? "folded" : "open") : "leaf" } },
        parent && icon("chevron"),
      ),
      span.error && el("span.span-error", { title: "Error" }, icon("warning")),
      el("span.span-title", { title: `${span.name} · ${span.service}` }, span.name),
      el("span.span-service", null, span.service),
    ),
    el("div.span-line", { role: "gridcell" }, el("span.span-bar"), el("span.span-length", null, length)),
  );
}
