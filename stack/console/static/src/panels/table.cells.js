// @ts-check
import { el } from "../dom.js";
import { dateTime } from "../format/time.js";
import { fieldOf, show, valueColor } from "./field.js";
import { mapped } from "./mappings.js";
import { cssColor } from "./palette.js";

/**
 * @typedef {import("./frames.js").Column} Column
 * @typedef {import("./field.js").Field} Field
 */

/**
 * Settings of a column. The panel's own mappings speak of its values: a label that reads `0` is not one of them.
 * @param {import("./field.js").FieldConfig | undefined} config
 * @param {Column} column
 */
export function cellField(config, column) {
  const field = fieldOf(config, { name: column.name, type: column.type });
  return column.type === "string" && field.mappings === config?.defaults?.mappings ? { ...field, mappings: [] } : field;
}

/**
 * Whether a column reads as figures; numbers that stand for words are aligned like words.
 * @param {Column} column
 * @param {Field} field
 */
export function isNumber(column, field) {
  return column.type === "number" && field.custom?.align !== "left";
}

/** @param {{column: Column, field: Field}[]} columns */
export function tableRows(columns) {
  const count = columns.reduce((most, { column }) => Math.max(most, column.values.length), 0);
  return Array.from({ length: count }, (_, row) =>
    el("tr", null, ...columns.map(({ column, field }) => cell(column, field, row))),
  );
}

/**
 * @param {Column} column
 * @param {Field} field
 * @param {number} row
 */
function cell(column, field, row) {
  const value = column.values[row];
  const text = cellText(value, column, field);
  const color =
    column.type === "number"
      ? valueColor(/** @type {number | null} */ (value), field)
      : mapped(value, field.mappings)?.color;
  const painted = color && (field.custom?.cellOptions?.type ?? "auto") !== "auto";
  const byMapping = mapped(value, field.mappings)?.color;
  const style = painted || byMapping ? { "--color": cssColor(/** @type {string} */ (color)) } : undefined;
  return el(
    "td",
    { class: [isNumber(column, field) ? "number" : "", style ? "colored" : ""].join(" ").trim() || null, style },
    text,
  );
}

/**
 * @param {string | number | null} value
 * @param {Column} column
 * @param {Field} field
 */
export function cellText(value, column, field) {
  if (column.type === "time" && typeof value === "number") return dateTime(value);
  if (column.type === "number") return show(/** @type {number | null} */ (value), field);
  return mapped(value, field.mappings)?.text ?? (value === null || value === "" ? "–" : String(value));
}
