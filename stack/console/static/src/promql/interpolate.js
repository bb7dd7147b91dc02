// @ts-check

/**
 * @typedef {{step: number, rateWindow: number, range: number}} Windows seconds
 * @typedef {Record<string, string | string[]>} Values chosen values of the dashboard's variables
 */

/**
 * `expr` with Grafana's variables filled in: `$__rate_interval`, `$__interval`, `$__range` and the dashboard's own.
 * @param {string} expr
 * @param {Windows} windows
 * @param {Values} [values]
 */
export function interpolate(expr, windows, values = {}) {
  const variable = /\$\{(\w+)(?::(\w+))?\}|\$(\w+)|\[\[(\w+)\]\]/g;
  return expr.replace(variable, (whole, braced, shape, bare, old) => {
    const name = braced ?? bare ?? old;
    return builtIn(name, windows) ?? (name in values ? own(values[name], shape) : whole);
  });
}

/**
 * @param {string} name
 * @param {Windows} windows
 */
function builtIn(name, { step, rateWindow, range }) {
  switch (name) {
    case "__rate_interval":
      return `${rateWindow}s`;
    case "__interval":
      return `${step}s`;
    case "__interval_ms":
      return `${step * 1000}`;
    case "__range":
      return `${Math.round(range)}s`;
    case "__range_s":
      return `${Math.round(range)}`;
    case "__range_ms":
      return `${Math.round(range * 1000)}`;
    default:
      return undefined;
  }
}

/**
 * @param {string | string[]} value
 * @param {string} [shape] Grafana's format: `regex`, `pipe`, `csv`, `raw`
 */
function own(value, shape) {
  const many = Array.isArray(value) ? value : [value];
  if (shape === "raw" || shape === "csv") return many.join(",");
  if (shape === "pipe") return many.join("|");
  if (!Array.isArray(value) && shape !== "regex") return quoted(value);
  const escaped = many.map((text) => quoted(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")));
  return escaped.length === 1 ? escaped[0] : `(${escaped.join("|")})`;
}

/** @param {string} text for use between the quotes of a matcher */
function quoted(text) {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"');
}
