// @ts-check
import { el, hidden } from "../dom.js";
import { icon } from "../icon.js";

const KEY = "plainview-theme";
const ORDER = /** @type {const} */ (["auto", "light", "dark"]);
const NAMES = { auto: "as the system", light: "light", dark: "dark" };
const ICONS = { auto: "auto", light: "sun", dark: "moon" };

/** @typedef {(typeof ORDER)[number]} Theme */

/** @returns {Theme} */
function current() {
  const chosen = localStorage.getItem(KEY);
  return chosen === "light" || chosen === "dark" ? chosen : "auto";
}

/** A button that goes through the colour schemes and remembers the choice. */
export function themeButton() {
  const button = el("button.icon-button", {
    type: "button",
    on: { click: () => set(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]) },
  });
  const show = () => {
    const theme = current();
    button.replaceChildren(icon(ICONS[theme]), hidden(`Colours: ${NAMES[theme]}. Change`));
    button.title = `Colours: ${NAMES[theme]}`;
  };
  const set = (/** @type {Theme} */ theme) => {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    show();
    changed();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  show();
  return button;
}

function changed() {
  window.dispatchEvent(new CustomEvent("plainview:theme"));
}
