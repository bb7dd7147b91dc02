// @ts-check
import { getJson, prometheus } from "../api.js";
import { el } from "../dom.js";
import { parseDuration } from "../format/duration.js";
import { limit } from "../limit.js";
import { sharedCursor } from "../panels/crosshair.js";
import { colorsOf } from "../panels/palette.js";
import { poll } from "../poll.js";
import { rangePicker } from "../shell/rangepicker.js";
import { refreshPicker } from "../shell/refreshpicker.js";
import { resolve } from "../time/range.js";
import { readState, writeState } from "../viewstate.js";
import { sections } from "./layout.js";
import { panelCard } from "./panel.js";
import { sectionElement } from "./section.js";
import { offered, pickers, valuesOf } from "./variables.js";

const HOME = "plainview-overview";
const AT_ONCE = 6;

/**
 * A dashboard drawn from its generated JSON.
 * @type {import("../main.js").View}
 */
export async function dashboardView(root, { params, signal, title }) {
  const dashboard = await getJson(`dashboards/${encodeURIComponent(params.uid ?? HOME)}`, { signal });
  title(dashboard.title);
  const defaults = {
    from: dashboard.time?.from ?? "now-1h",
    to: dashboard.time?.to ?? "now",
    refresh: dashboard.refresh || "",
  };
  const state = () => readState(location.search, defaults);
  const [variables, scrape] = await Promise.all([
    offered(dashboard.templating?.list ?? [], signal),
    scrapeInterval(signal),
  ]);

  const change = (/** @type {Record<string, string | string[] | null>} */ changes) => {
    writeState(changes);
    again();
  };
  const context = {
    shared: sharedCursor(),
    colors: () => colorsOf(document.documentElement),
    zoom: (/** @type {{from: number, to: number}} */ range) =>
      change({ from: String(range.from), to: String(range.to) }),
    retry: () => again(),
  };
  /** @type {Map<Element, import("./panel.js").PanelCard>} */
  const cards = new Map();
  const groups = sections(dashboard.panels).map((section, place) =>
    sectionElement(
      section,
      (panel) => {
        const card = panelCard(panel, context);
        cards.set(card.element, card);
        return card.element;
      },
      place > 0,
    ),
  );

  const range = rangePicker(state, change);
  const refresh = refreshPicker(state, change, () => again());
  root.append(
    el(
      "div.view-head",
      null,
      el(
        "div.view-title",
        null,
        el("h1", { tabindex: "-1" }, dashboard.title),
        dashboard.description && el("p.lead", null, dashboard.description),
      ),
      el(
        "div.controls",
        null,
        ...pickers(variables, state().values, (name, value) => change({ [`var-${name}`]: value })),
        range.element,
        refresh.element,
      ),
    ),
    ...groups.map(({ element }) => element),
  );

  const visible = watchVisible(cards, signal, (card) => ask([card]));
  const queue = limit(AT_ONCE);
  /** @type {AbortController} */
  let round = new AbortController();
  const ask = async (/** @type {import("./panel.js").PanelCard[]} */ asked) => {
    const { from, to, values } = state();
    const asking = {
      range: resolve({ from, to }, Date.now()),
      scrape,
      values: valuesOf(variables, values),
      signal: AbortSignal.any([signal, round.signal]),
      queue,
    };
    await Promise.all(asked.map((card) => card.refresh(asking)));
    groups.forEach(({ settle }) => settle());
  };
  const poller = poll(
    async () => {
      range.update();
      refresh.busy(true);
      const dozing = groups.flatMap((group) => group.dozing().flatMap((element) => cards.get(element) ?? []));
      await ask([...new Set([...visible, ...dozing])]);
      refresh.busy(false);
    },
    { interval: () => parseDuration(state().refresh || "0s"), signal },
  );
  const again = () => {
    round.abort();
    round = new AbortController();
    range.update();
    refresh.update();
    poller();
  };

  window.addEventListener("plainview:theme", () => cards.forEach((card) => card.redraw()), { signal });
  signal.addEventListener("abort", () => cards.forEach((card) => card.dispose()));
}

/**
 * The cards in sight, kept up to date; `appeared` is called for each that comes into sight.
 * @param {Map<Element, import("./panel.js").PanelCard>} cards
 * @param {AbortSignal} signal
 * @param {(card: import("./panel.js").PanelCard) => void} appeared
 */
function watchVisible(cards, signal, appeared) {
  /** @type {Set<import("./panel.js").PanelCard>} */
  const visible = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const card = cards.get(target);
        if (!card) continue;
        if (!isIntersecting) visible.delete(card);
        else if (!visible.has(card)) {
          visible.add(card);
          appeared(card);
        }
      }
    },
    { rootMargin: "200px" },
  );
  cards.forEach((_, element) => observer.observe(element));
  signal.addEventListener("abort", () => observer.disconnect());
  return visible;
}

/**
 * Seconds between two scrapes, as Prometheus says; 15 where it does not.
 * @param {AbortSignal} signal
 */
async function scrapeInterval(signal) {
  try {
    const { activeTargets } = await prometheus("targets", { params: { state: "active" }, signal });
    const intervals = activeTargets
      .map((/** @type {any} */ target) => parseDuration(target.scrapeInterval ?? ""))
      .filter((/** @type {number} */ seconds) => seconds > 0);
    return intervals.length > 0 ? Math.min(...intervals) : 15;
  } catch {
    return 15;
  }
}
