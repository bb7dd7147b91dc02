// @ts-check
import { el } from "../dom.js";
import { icon } from "../icon.js";

/**
 * @typedef {object} SectionElement
 * @property {HTMLElement} element
 * @property {() => void} settle folds the row while nothing in it has anything to show, unless the reader decided
 * @property {() => HTMLElement[]} dozing the panels of a row that folded itself: still asked, since that may change
 */

/**
 * A row with its panels on a grid of 24 columns; its heading folds it.
 * @param {import("./layout.js").Section} section
 * @param {(panel: import("./layout.js").Panel) => HTMLElement} card
 * @param {boolean} folds whether the row may fold itself; one that says why the others are empty must not
 * @returns {SectionElement}
 */
export function sectionElement({ id, title, collapsed, panels }, card, folds) {
  const held = panels.map((panel) => placed(panel, card(panel)));
  const asking = held.filter((_, place) => panels[place].type !== "text");
  const grid = el("div.grid", { id: `row-${id ?? "top"}`, hidden: collapsed }, ...held);
  const never = { settle: () => {}, dozing: () => [] };
  if (id === null)
    return { element: el("section.row", null, el("h2.sr-only", null, "Panels"), grid), ...never };
  const note = el("span.row-note", { hidden: true }, "nothing to show");
  let decided = collapsed || !folds || asking.length === 0;
  const fold = (/** @type {boolean} */ folded) => {
    grid.hidden = folded;
    button.setAttribute("aria-expanded", String(!folded));
  };
  const toggle = () => {
    decided = true;
    fold(!grid.hidden);
  };
  const button = el(
    "button.row-toggle",
    { type: "button", "aria-expanded": String(!collapsed), "aria-controls": grid.id, on: { click: toggle } },
    icon("chevron"),
    title,
    note,
  );
  return {
    element: el("section.row", null, el("h2.row-head", null, button), grid),
    settle() {
      const empty = asking.every(({ dataset }) => dataset.state === "empty");
      note.hidden = !empty;
      if (!decided && grid.hidden !== empty) fold(empty);
    },
    dozing: () => (!decided && grid.hidden ? asking : []),
  };
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
