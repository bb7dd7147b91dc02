// @ts-check
import { svg } from "./dom.js";

/** @type {Record<string, string>} outlines on a 16 by 16 grid */
const PATHS = {
  info: "M8 7.2v4M8 4.8v.2M14.2 8A6.2 6.2 0 1 1 1.8 8a6.2 6.2 0 0 1 12.4 0Z",
  table: "M2 3.5h12v9H2zM2 6.7h12M6.5 6.7v5.8",
  chart: "M2 2v12h12M4.5 10.5 7.5 7l2.5 2 3.5-4.5",
  refresh: "M13.5 8a5.5 5.5 0 1 1-1.7-4M12 1.5V4H9.5",
  sun: "M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M3 13l1.2-1.2M11.8 4.2 13 3M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z",
  moon: "M13.5 9.6A5.9 5.9 0 0 1 6.4 2.5a5.9 5.9 0 1 0 7.1 7.1Z",
  auto: "M8 2v12M8 2a6 6 0 0 0 0 12M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  chevron: "M4 6l4 4 4-4",
  clock: "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  warning: "M8 6v3.2M8 11.4v.2M7.1 2.4 1.5 12.4A1 1 0 0 0 2.4 14h11.2a1 1 0 0 0 .9-1.6L8.9 2.4a1 1 0 0 0-1.8 0Z",
  check: "M3 8.5 6.5 12 13 4.5",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  exit: "M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6",
  back: "M10 3 5 8l5 5",
  external: "M9 2.5h4.5V7M13.5 2.5 7 9M11 9.5v4H2.5V5H7",
};

/**
 * A small drawing beside text that says the same.
 * @param {string} name
 */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}
