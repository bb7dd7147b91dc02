// @ts-check
import { isAbort } from "../api.js";
import { el, hidden } from "../dom.js";
import { clock } from "../format/time.js";
import { icon } from "../icon.js";
import { PANELS } from "../panels/registry.js";
import { said } from "../said.js";
import { describe } from "../tip.js";
import { isEmpty, panelData } from "./fetch.js";
import { valuesTable } from "./values.js";

const HAS_TABLE = ["timeseries", "heatmap"];

/** @type {Record<string, number>} pixels that one point takes */
const POINT = { timeseries: 1.7, heatmap: 8 };

/**
 * @typedef {object} PanelCard
 * @property {HTMLElement} element
 * @property {(asking: Omit<import("./fetch.js").Asking, "points">) => Promise<void>} refresh asks and draws; never rejects
 * @property {() => void} redraw draws again what is there, in the colours of now
 * @property {() => void} dispose
 */

/**
 * The card of one panel: heading, what it shows, and one of loading, empty, unknown (with reasons), failed or drawn.
 * @param {import("./layout.js").Panel} panel
 * @param {import("../panels/registry.js").PanelContext & {retry: () => void}} context
 * @returns {PanelCard}
 */
export function panelCard(panel, context) {
  const heading = `panel-${panel.id}`;
  const stage = el("div.panel-stage");
  const message = el("div.panel-message", { role: "status" });
  const behind = el("div.panel-table", {
    hidden: true,
    tabindex: "0",
    role: "region",
    "aria-label": `${panel.title}: values`,
  });
  const toggle = HAS_TABLE.includes(panel.type) ? tableToggle(panel, () => showTable()) : null;
  const element = el(
    "article.panel",
    { "aria-labelledby": heading, data: { type: panel.type, state: "loading" } },
    panel.title &&
      el(
        "header.panel-head",
        null,
        title(panel, heading),
        el(
          "span.panel-tools",
          null,
          panel.description && panel.description !== panel.title && describe(panel.description, panel.title),
          toggle,
        ),
      ),
    el("div.panel-body", null, stage, behind, message),
  );
  const mount = PANELS[panel.type];
  /** @type {import("../panels/registry.js").Mounted | null} made when there is first something to draw */
  let mounted = null;
  /** @type {import("../panels/registry.js").PanelData | null} */
  let shown = null;
  let asked = 0;
  say(message, "Loading");

  const state = (/** @type {string} */ name, /** @type {(Node | string)[]} */ ...content) => {
    element.dataset.state = name;
    message.replaceChildren(...content);
  };
  const showTable = () => {
    const open = toggle?.getAttribute("aria-pressed") === "true";
    behind.hidden = !open;
    stage.classList.toggle("behind", open);
    if (open && shown) behind.replaceChildren(valuesTable(panel, shown));
  };
  const draw = () => {
    if (!shown) return;
    if (isEmpty(panel, shown)) return state(shown.series.length > 0 ? "unknown" : "empty", ...whyEmpty(panel, shown));
    state("ready");
    mounted ??= mount(stage, panel, context);
    mounted.draw(shown);
    showTable();
  };
  const failed = (/** @type {Error} */ error) => {
    const again = el("button.button-small", { type: "button", on: { click: context.retry } }, "Try again");
    const since = shown ? `Not updated since ${clock(shown.range.to)}.` : "";
    state(
      shown && !isEmpty(panel, shown) ? "stale" : "failed",
      icon("warning"),
      el(
        "span.failed-what",
        { title: error.message },
        el("strong", null, "Query failed. "),
        since && `${since} `,
        ...said(error.message),
      ),
      again,
    );
  };

  return {
    element,
    redraw: draw,
    async refresh(asking) {
      if (!mount) return state("failed", `The console cannot draw panels of type “${panel.type}”.`);
      asked += 1;
      const turn = asked;
      element.setAttribute("aria-busy", "true");
      try {
        const data = await panelData(panel, { ...asking, points: points(panel, stage.clientWidth) });
        // An answer that was overtaken by a later question is not shown any more.
        if (turn !== asked) return;
        shown = data;
        draw();
      } catch (error) {
        if (!isAbort(error) && turn === asked) failed(/** @type {Error} */ (error));
      } finally {
        if (turn === asked) element.removeAttribute("aria-busy");
      }
    },
    dispose: () => mounted?.dispose(),
  };
}

/**
 * Series without any value say by their names what is not known, and why; without these the panel's own words stand.
 * @param {import("./layout.js").Panel} panel
 * @param {import("../panels/registry.js").PanelData} data
 */
function whyEmpty({ fieldConfig }, { series }) {
  const named = [...new Set(series.map(({ name }) => name))];
  if (named.length === 0) return [fieldConfig?.defaults?.noValue || "No data in this range"];
  return [el("ul.reasons", null, ...named.map((name) => el("li", null, name)))];
}

/**
 * How many points a panel has room for.
 * @param {import("./layout.js").Panel} panel
 * @param {number} width pixels
 */
function points({ type }, width) {
  return Math.max(40, Math.round(width / (POINT[type] ?? 2)));
}

/**
 * @param {import("./layout.js").Panel} panel
 * @param {string} id
 */
function title(panel, id) {
  const [link] = panel.links ?? [];
  const text = panel.title ?? "";
  return el(
    "h3",
    { id, title: text },
    link?.url?.startsWith("/") ? el("a", { href: link.url + location.search }, text) : text,
  );
}

/**
 * @param {import("./layout.js").Panel} panel
 * @param {() => void} changed
 */
function tableToggle(panel, changed) {
  const flip = (/** @type {MouseEvent} */ { currentTarget }) => {
    const button = /** @type {HTMLElement} */ (currentTarget);
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    changed();
  };
  return el(
    "button.icon-button",
    { type: "button", "aria-pressed": "false", title: "Show the values as a table", on: { click: flip } },
    icon("table"),
    hidden(`${panel.title}: values as a table`),
  );
}

/**
 * @param {HTMLElement} message
 * @param {string} text
 */
function say(message, text) {
  message.replaceChildren(hidden(text));
}
