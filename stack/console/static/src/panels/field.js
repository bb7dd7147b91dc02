// @ts-check
import { format, parts } from "../format/units.js";
import { mapped } from "./mappings.js";
import { thresholdColor } from "./thresholds.js";

/**
 * @typedef {object} Field how one series or column is shown: the panel's defaults with the overrides that fit
 * @property {string} [unit]
 * @property {number | null} [decimals]
 * @property {number} [min]
 * @property {number} [max]
 * @property {string} [displayName]
 * @property {string} [noValue]
 * @property {{mode?: string, fixedColor?: string}} [color]
 * @property {import("./thresholds.js").Thresholds} [thresholds]
 * @property {import("./mappings.js").Mapping[]} [mappings]
 * @property {{url: string, title?: string}[]} [links]
 * @property {Record<string, any>} [custom]
 *
 * @typedef {{defaults?: Field, overrides?: {matcher: {id: string, options: any}, properties: {id: string, value?: any}[]}[]}} FieldConfig
 * @typedef {{name: string, refId?: string, type?: string}} Named
 */

/**
 * The settings of one series or column.
 * @param {FieldConfig | undefined} config
 * @param {Named} item
 * @returns {Field}
 */
export function fieldOf(config, item) {
  /** @type {Field} */
  const field = { ...config?.defaults, custom: { ...config?.defaults?.custom } };
  for (const { matcher, properties } of config?.overrides ?? []) {
    if (fits(matcher, item)) properties.forEach(({ id, value }) => assign(field, id, value));
  }
  return field;
}

/**
 * @param {{id: string, options: any}} matcher
 * @param {Named} item
 */
function fits({ id, options }, { name, refId, type }) {
  switch (id) {
    case "byName":
      return name === options;
    case "byNames":
      return (options?.names ?? []).includes(name);
    case "byRegexp":
      return regexp(options).test(name);
    case "byFrameRefID":
      return refId === options;
    case "byType":
      return type === options;
    default:
      return false;
  }
}

/** @param {string} text a regular expression, with or without slashes */
function regexp(text) {
  const slashed = /^\/(.*)\/([a-z]*)$/.exec(text);
  return slashed ? new RegExp(slashed[1], slashed[2]) : new RegExp(text);
}

/**
 * @param {Record<string, any>} field
 * @param {string} path such as `custom.fillOpacity`
 * @param {any} value
 */
function assign(field, path, value) {
  const keys = path.split(".");
  const last = /** @type {string} */ (keys.pop());
  const target = keys.reduce((at, key) => (at[key] ??= {}), field);
  target[last] = value;
}

/**
 * A value as the field shows it: by mapping, else in its unit.
 * @param {number | null} value
 * @param {Field} field
 */
export function show(value, field) {
  const text = mapped(value, field.mappings)?.text;
  if (text !== undefined) return text;
  return value === null ? (field.noValue ?? "–") : format(value, field.unit, { decimals: field.decimals });
}

/**
 * Like `show`, with the unit apart from the figure.
 * @param {number} value
 * @param {Field} field
 */
export function showParts(value, field) {
  const text = mapped(value, field.mappings)?.text;
  return text === undefined ? parts(value, field.unit, { decimals: field.decimals }) : { text };
}

/**
 * Colour name for one value: mapping, then fixed colour, then threshold; undefined where the field asks for a palette.
 * @param {number | null} value
 * @param {Field} field
 */
export function valueColor(value, field) {
  const byMapping = mapped(value, field.mappings)?.color;
  if (byMapping) return byMapping;
  const mode = field.color?.mode ?? "thresholds";
  if (mode === "fixed" || mode === "shades") return field.color?.fixedColor;
  return mode === "thresholds" && value !== null ? thresholdColor(value, field.thresholds, field) : undefined;
}
