// @ts-check

/** @typedef {{type: string, options: any}} Mapping Grafana's value mapping */
/** @typedef {{text?: string, color?: string}} Mapped */

/**
 * What the first mapping that fits makes of a value; undefined when none fits.
 * @param {number | string | null} value
 * @param {Mapping[]} [mappings]
 * @returns {Mapped | undefined}
 */
export function mapped(value, mappings = []) {
  for (const mapping of mappings) {
    const found = match(value, mapping);
    if (found) return found;
  }
  return undefined;
}

/**
 * @param {number | string | null} value
 * @param {Mapping} mapping
 * @returns {Mapped | undefined}
 */
function match(value, { type, options }) {
  switch (type) {
    case "value":
      return options?.[String(value)];
    case "range":
      return typeof value === "number" && value >= (options.from ?? -Infinity) && value <= (options.to ?? Infinity)
        ? options.result
        : undefined;
    case "special":
      return special(value, options.match) ? options.result : undefined;
    case "regex":
      return typeof value === "string" && pattern(options.pattern).test(value) ? options.result : undefined;
    default:
      return undefined;
  }
}

/**
 * @param {number | string | null} value
 * @param {string} kind
 */
function special(value, kind) {
  const nan = Number.isNaN(value);
  if (kind === "null+nan") return value === null || nan;
  return kind === "null"
    ? value === null
    : kind === "nan"
      ? nan
      : kind === "empty"
        ? value === ""
        : kind === String(value);
}

/** @param {string} text a regular expression, with or without slashes */
function pattern(text) {
  const slashed = /^\/(.*)\/([a-z]*)$/.exec(text);
  return slashed ? new RegExp(slashed[1], slashed[2]) : new RegExp(text);
}
