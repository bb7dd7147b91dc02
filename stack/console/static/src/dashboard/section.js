// @ts-check
import { el } from "../dom.js";
import { icon } from "../icon.js";

/**
 * A row with its panels on a grid of 24 columns; its heading folds it.
 * @param {import("./layout.js").Section} section
 * @param {(panel: import("./layout.js").Panel) => HTMLElement} card
 */
export function sectionElement({ id, title, collapsed, panels }, card) {
  const grid = el(
    "div.grid",
    { id: `row-${id ?? "top"}`, hidden: collapsed },
    ...panels.map((panel) => placed(panel, card(panel))),
  );
  if (id === null) return el("section.row", null, el("h2.sr-only", null, "Panels"), grid);
  const fold = () => {
    grid.hidden = !grid.hidden;
    button.setAttribute("aria-expanded", String(!grid.hidden));
  };
  const button = el(
    "button.row-toggle",
    { type: "button", "aria-expanded": String(!collapsed), "aria-controls": grid.id, on: { click: fold } },
    icon("chevron"),
    title,
  );
  return el("section.row", null, el("h2.row-head", null, button), grid);
}

/**
 * @param {import("./layout.js").Panel} panel
 * @param {HTMLElement} element
 */
function placed({ type, gridPos: { x, y, w, h } }, element) {
  for (const [name, value] of Object.entries({ "--x": x + 1, "--y": y + 1, "--w": w, "--h": h }))
    element.style.setProperty(name, String(value));
  if (w <= 6 && (type === "stat" || type === "gauge")) element.classList.add("narrow");
  if (w > 12 && type !== "stat") element.classList.add("wide");
  return element;
}
