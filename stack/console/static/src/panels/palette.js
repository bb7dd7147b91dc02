// @ts-check

const HUES = ["green", "yellow", "orange", "red", "blue", "purple"];
const LIGHTER = /^(super-)?light-/;
const DARKER = /^(semi-)?dark-/;
const SERIES = 10;

/**
 * @typedef {(name: string) => string} Colors resolves a custom property such as `--ink-muted` to a colour
 */

/**
 * Reads the page's colours as they are now; ask again after a change of theme.
 * @param {Element} element
 * @returns {Colors}
 */
export function colorsOf(element) {
  const style = getComputedStyle(element);
  const dark =
    style.colorScheme === "dark" ||
    (style.colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (name) => half(style.getPropertyValue(name).trim(), dark);
}

/**
 * The half of a `light-dark(#rrggbb, #rrggbb)` that holds: a custom property is read as it is written, and a canvas
 * knows no such function.
 * @param {string} value
 * @param {boolean} dark
 */
export function half(value, dark) {
  const pair = /^light-dark\(\s*(#\w+)\s*,\s*(#\w+)\s*\)$/.exec(value);
  return pair ? pair[dark ? 2 : 1] : value;
}

/**
 * Custom property, or literal colour, for a colour as dashboards name it (`green`, `dark-red`, `text`, `#7eb26d`).
 * @param {string} name
 */
export function property(name) {
  const hue = name.replace(LIGHTER, "").replace(DARKER, "");
  if (HUES.includes(hue)) return LIGHTER.test(name) ? `--${hue}-light` : `--${hue}`;
  if (name === "text" || name === "white" || name === "black") return "--ink";
  return name === "gray" || name === "grey" ? "--ink-muted" : name;
}

/**
 * A dashboard's colour name as a colour to draw with.
 * @param {string} name
 * @param {Colors} colors
 */
export function namedColor(name, colors) {
  const found = property(name);
  return found.startsWith("--") ? colors(found) || colors("--ink-muted") : found;
}

/**
 * A dashboard's colour name as a CSS value.
 * @param {string} name
 */
export function cssColor(name) {
  const found = property(name);
  return found.startsWith("--") ? `var(${found})` : found;
}

/**
 * Custom property of the `index`-th colour of the categorical palette.
 * @param {number} index
 */
export function seriesProperty(index) {
  return `--series-${(index % SERIES) + 1}`;
}

/**
 * The same text always gets the same colour of the palette.
 * @param {string} text
 */
export function stableIndex(text) {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  return (hash >>> 0) % SERIES;
}
