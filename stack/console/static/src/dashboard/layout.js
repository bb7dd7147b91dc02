// @ts-check

/**
 * @typedef {{x: number, y: number, w: number, h: number}} GridPos
 * @typedef {object} Panel a panel of Grafana's classic dashboard JSON
 * @property {number} id
 * @property {string} type
 * @property {string} [title]
 * @property {string} [description]
 * @property {GridPos} gridPos
 * @property {any[]} [targets]
 * @property {any} [options]
 * @property {import("../panels/field.js").FieldConfig} [fieldConfig]
 * @property {import("../panels/transform.js").Transformation[]} [transformations]
 * @property {{title: string, url: string}[]} [links]
 * @property {boolean} [collapsed]
 * @property {Panel[]} [panels]
 * @property {number} [maxDataPoints]
 * @property {string} [interval]
 * @property {string} [timeFrom]
 *
 * @typedef {{id: number | null, title: string, collapsed: boolean, panels: Panel[]}} Section
 */

/**
 * The rows of a dashboard with the panels below each, every panel's `y` counted from its row.
 * @param {Panel[]} panels as in the JSON
 * @returns {Section[]}
 */
export function sections(panels) {
  const ordered = [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
  /** @type {Section[]} */
  const found = [{ id: null, title: "", collapsed: false, panels: [] }];
  for (const panel of ordered) {
    if (panel.type === "row") {
      found.push({
        id: panel.id,
        title: panel.title ?? "",
        collapsed: panel.collapsed === true,
        panels: [...(panel.panels ?? [])],
      });
    } else {
      found[found.length - 1].panels.push(panel);
    }
  }
  return found.filter(({ id, panels: held }) => id !== null || held.length > 0).map(rebased);
}

/**
 * @param {Section} section
 * @returns {Section}
 */
function rebased(section) {
  const top = Math.min(...section.panels.map(({ gridPos }) => gridPos.y));
  const panels = section.panels.map((panel) => ({ ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y - top } }));
  return { ...section, panels };
}
