// @ts-check
import { el, hidden } from "./dom.js";
import { icon } from "./icon.js";
import { said } from "./said.js";

let count = 0;

/**
 * A button that tells more about something, on hover, on focus and to screen readers.
 * @param {string} text
 * @param {string} [about]
 */
export function describe(text, about = "") {
  const id = `tip-${(count += 1)}`;
  const tip = el("span.tip", { id, role: "tooltip" }, ...said(text));
  const button = el(
    "button.icon-button",
    { type: "button", "aria-describedby": id },
    icon("info"),
    hidden(`About ${about}`),
  );
  const place = () => {
    tip.classList.add("open");
    const anchor = button.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const below = anchor.bottom + 6 + height < innerHeight;
    tip.style.left = `${Math.max(8, Math.min(anchor.right - width, innerWidth - width - 8))}px`;
    tip.style.top = `${below ? anchor.bottom + 6 : anchor.top - 6 - height}px`;
  };
  const away = () => tip.classList.remove("open");
  for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, place);
  for (const event of ["pointerleave", "blur"]) button.addEventListener(event, away);
  button.addEventListener("keydown", (event) => event.key === "Escape" && away());
  return el("span.tip-anchor", null, button, tip);
}
