// @ts-check

/**
 * @typedef {{key: string, type?: string, value: any}} Tag
 * @typedef {{timestamp: number, fields: Tag[]}} Log
 * @typedef {{refType: string, traceID: string, spanID: string}} Reference
 * @typedef {object} JaegerSpan a span as Jaeger's query API writes it; times in microseconds
 * @property {string} spanID
 * @property {string} operationName
 * @property {Reference[]} [references]
 * @property {number} startTime
 * @property {number} duration
 * @property {Tag[]} [tags]
 * @property {Log[]} [logs]
 * @property {string} processID
 * @property {string[] | null} [warnings]
 *
 * @typedef {{traceID: string, spans: JaegerSpan[], processes: Record<string, {serviceName: string, tags?: Tag[]}>, warnings?: string[] | null}} JaegerTrace
 *
 * @typedef {object} Span
 * @property {string} id
 * @property {string} name
 * @property {string} service
 * @property {number} start microseconds since the epoch
 * @property {number} duration microseconds
 * @property {boolean} error
 * @property {Tag[]} tags
 * @property {Log[]} logs
 * @property {Tag[]} process
 * @property {string[]} warnings
 * @property {string | null} parent id of the parent in this trace
 * @property {string | null} lost id of a parent that this trace does not hold
 * @property {Reference[]} links to other spans
 * @property {Span[]} children by start
 *
 * @typedef {{id: string, roots: Span[], spans: Span[], start: number, duration: number, services: string[], warnings: string[]}} Trace
 */

/**
 * A trace as a tree. A span whose parent is missing becomes a root and says so; a cycle is cut.
 * @param {JaegerTrace} data
 * @returns {Trace}
 */
export function traceOf(data) {
  /** @type {Map<string, Span>} */
  const spans = new Map(data.spans.map((span) => [span.spanID, spanOf(span, data)]));
  for (const span of spans.values()) connect(span, spans);
  const all = [...spans.values()];
  for (const span of all) span.children.sort(byStart);
  const start = all.reduce((least, span) => Math.min(least, span.start), Infinity);
  const end = all.reduce((most, span) => Math.max(most, span.start + span.duration), -Infinity);
  return {
    id: data.traceID,
    roots: all.filter(({ parent }) => parent === null).sort(byStart),
    spans: all,
    start: all.length > 0 ? start : 0,
    duration: all.length > 0 ? end - start : 0,
    services: [...new Set([...all].sort(byStart).map(({ service }) => service))],
    warnings: data.warnings ?? [],
  };
}

/**
 * @param {JaegerSpan} span
 * @param {JaegerTrace} trace
 * @returns {Span}
 */
function spanOf(span, { traceID, processes }) {
  const tags = span.tags ?? [];
  const references = span.references ?? [];
  const parent = references.find(({ refType, traceID: of }) => refType === "CHILD_OF" && sameId(of, traceID));
  const process = processes[span.processID];
  return {
    id: span.spanID,
    name: span.operationName,
    service: process?.serviceName ?? "unknown",
    start: span.startTime,
    duration: span.duration,
    error: tags.some(
      ({ key, value }) =>
        (key === "error" && (value === true || value === "true")) || (key === "otel.status_code" && value === "ERROR"),
    ),
    tags,
    logs: span.logs ?? [],
    process: process?.tags ?? [],
    warnings: span.warnings ?? [],
    parent: parent?.spanID ?? null,
    lost: null,
    links: references.filter((reference) => reference !== parent),
    children: [],
  };
}

/**
 * @param {Span} span
 * @param {Map<string, Span>} spans
 */
function connect(span, spans) {
  if (span.parent === null) return;
  const parent = spans.get(span.parent);
  if (parent && !isAncestor(span, parent, spans)) {
    parent.children.push(span);
    return;
  }
  span.lost = span.parent;
  span.parent = null;
}

/**
 * True when `span` is `below` or above it.
 * @param {Span} span
 * @param {Span} below
 * @param {Map<string, Span>} spans
 */
function isAncestor(span, below, spans) {
  const seen = new Set();
  for (
    let at = /** @type {Span | undefined} */ (below);
    at && !seen.has(at.id);
    at = at.parent === null ? undefined : spans.get(at.parent)
  ) {
    if (at === span) return true;
    seen.add(at.id);
  }
  return false;
}

/**
 * Trace ids are the same with and without leading zeros.
 * @param {string} a
 * @param {string} b
 */
function sameId(a, b) {
  return a.replace(/^0+/, "") === b.replace(/^0+/, "");
}

/** @param {Span} a @param {Span} b */
function byStart(a, b) {
  return a.start - b.start || b.duration - a.duration;
}

/**
 * The spans in the order a waterfall shows them, without what lies below a folded one.
 * @param {Span[]} roots
 * @param {Set<string>} folded ids
 * @returns {{span: Span, depth: number}[]}
 */
export function visibleRows(roots, folded) {
  /** @type {{span: Span, depth: number}[]} */
  const rows = [];
  /** @type {{span: Span, depth: number}[]} */
  const stack = roots.map((span) => ({ span, depth: 0 })).reverse();
  for (let row = stack.pop(); row; row = stack.pop()) {
    rows.push(row);
    if (folded.has(row.span.id)) continue;
    const depth = row.depth + 1;
    for (const child of [...row.span.children].reverse()) stack.push({ span: child, depth });
  }
  return rows;
}

/**
 * First value of an attribute anywhere in the trace, the root's side first; undefined where none has it.
 * @param {Trace} trace
 * @param {string} key
 */
export function attribute({ spans }, key) {
  for (const span of [...spans].sort(byStart)) {
    const tag = span.tags.find((one) => one.key === key);
    if (tag) return tag.value;
  }
  return undefined;
}
