// @ts-check
import { el } from "../dom.js";
import { cellField, isNumber, tableRows } from "./table.cells.js";
import { merged, picked, sortedRows, transform } from "./transform.js";

/**
 * A table of instant values; a click on a heading sorts by it.
 * @type {import("./registry.js").Mount}
 */
export function mount(element, panel) {
  const slot = el("div.table-scroll", { tabindex: "0", role: "region", "aria-label": panel.title ?? "Table" });
  element.append(slot);
  /** @type {{name: string, descending: boolean} | null} */
  let order = defaultOrder(panel);
  /** @type {import("./frames.js").Frame | null} */
  let frame = null;

  const sortBy = (/** @type {string} */ name) => {
    order = { name, descending: order?.name === name ? !order.descending : false };
    draw();
  };
  const draw = () => {
    if (!frame) return;
    const column = frame.columns.find(({ name }) => name === order?.name);
    const shown = column ? picked(frame, sortedRows(column, order?.descending ?? false)) : frame;
    slot.replaceChildren(tableOf(shown, panel, order, sortBy));
  };
  return {
    draw({ frames }) {
      const changed = transform(frames, panel.transformations);
      frame = changed.length === 1 ? changed[0] : merged(changed);
      draw();
    },
    dispose() {},
  };
}

/** @param {import("../dashboard/layout.js").Panel} panel */
function defaultOrder(panel) {
  const [first] = panel.options?.sortBy ?? [];
  return first ? { name: first.displayName, descending: first.desc === true } : null;
}

/**
 * @param {import("./frames.js").Frame} frame
 * @param {import("../dashboard/layout.js").Panel} panel
 * @param {{name: string, descending: boolean} | null} order
 * @param {(name: string) => void} sortBy
 */
function tableOf(frame, panel, order, sortBy) {
  const columns = frame.columns
    .map((column) => ({ column, field: cellField(panel.fieldConfig, column) }))
    .filter(({ field }) => field.custom?.hidden !== true && field.custom?.hideFrom?.viz !== true);
  const heads = columns.map(({ column, field }) => {
    const sort = order?.name === column.name ? (order.descending ? "descending" : "ascending") : "none";
    const button = el(
      "button.sort",
      { type: "button", on: { click: () => sortBy(column.name) } },
      field.displayName || column.name,
    );
    return el("th", { scope: "col", "aria-sort": sort, class: isNumber(column, field) ? "number" : null }, button);
  });
  return el("table.data", null, el("thead", null, el("tr", null, ...heads)), el("tbody", null, ...tableRows(columns)));
}
