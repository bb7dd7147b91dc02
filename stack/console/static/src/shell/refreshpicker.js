// @ts-check
import { el, hidden } from "../dom.js";
import { icon } from "../icon.js";

/** @type {[string, string][]} */
const CHOICES = [
  ["off", "Off"],
  ["5s", "5 s"],
  ["10s", "10 s"],
  ["30s", "30 s"],
  ["1m", "1 min"],
];

/**
 * How often a view is brought up to date, and a button to do it now.
 * @param {() => {refresh: string}} state
 * @param {(changes: Record<string, string>) => void} change
 * @param {() => void} now
 */
export function refreshPicker(state, change, now) {
  const select = /** @type {HTMLSelectElement} */ (
    el(
      "select",
      { "aria-label": "Refresh every", on: { change: () => change({ refresh: select.value }) } },
      ...CHOICES.map(([value, text]) => el("option", { value }, text)),
    )
  );
  const button = el(
    "button.button.square",
    { type: "button", title: "Refresh now", on: { click: now } },
    icon("refresh"),
    hidden("Refresh now"),
  );
  const element = el("div.joined", null, button, select);
  const update = () => {
    const current = state().refresh || "off";
    if (![...select.options].some(({ value }) => value === current))
      select.append(el("option", { value: current }, current));
    select.value = current;
  };
  update();
  return { element, update, busy: (/** @type {boolean} */ is) => element.classList.toggle("busy", is) };
}
