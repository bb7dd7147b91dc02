// @ts-check
import { el } from "./dom.js";

/**
 * A sentence of the backend with its `code` set as code.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function said(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? el("code", null, part) : part));
}
