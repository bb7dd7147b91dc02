// @ts-check

/** @typedef {import("./palette.js").Colors} Colors */

/** @type {Promise<any> | undefined} */
let library;

/** The chart library, loaded when the first chart is drawn. @returns {Promise<any>} */
export function echarts() {
  library ??= import("../../vendor/echarts.esm.min.mjs");
  return library;
}

/**
 * A chart that follows the size of its element.
 * @param {HTMLElement} element
 * @returns {Promise<{chart: any, dispose: () => void}>}
 */
export async function mountChart(element) {
  const { init } = await echarts();
  const chart = init(element, null, { renderer: "canvas" });
  const observer = new ResizeObserver(() => {
    if (element.clientWidth > 0 && element.clientHeight > 0) chart.resize();
  });
  observer.observe(element);
  return {
    chart,
    dispose() {
      observer.disconnect();
      chart.dispose();
    },
  };
}

/**
 * The look that all charts share: no animation, quiet grid, time below.
 * @param {Colors} colors
 */
export function look(colors) {
  const text = { color: colors("--ink-muted"), fontFamily: colors("--font"), fontSize: 11 };
  return {
    text,
    line: { lineStyle: { color: colors("--line-strong") } },
    split: { lineStyle: { color: colors("--grid-line"), width: 1 } },
  };
}
