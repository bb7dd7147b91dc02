// @ts-check
import { getJson, isAbort, prometheus } from "../api.js";
import { el } from "../dom.js";
import { ago, duration } from "../format/duration.js";
import { clock, dateTime } from "../format/time.js";
import { number } from "../format/number.js";
import { icon } from "../icon.js";
import { poll } from "../poll.js";
import { said } from "../said.js";
import { deliveries } from "./deliveries.js";
import { alertsOf, isWatchdog, runbookPath } from "./model.js";
import { silencedOf } from "./silenced.js";

const SECONDS = 10;

/**
 * What fires and what is about to, which rules are quiet, and who was told.
 * @type {import("../main.js").View}
 */
export async function alertsView(root, { signal, title }) {
  title("Alerts");
  const updated = el("p.lead", null, "Rules are evaluated by Prometheus; Alertmanager groups them, the notifier delivers.");
  const [activePart, sentPart, rulesPart] = ["Firing and pending", "Recent notifications", "Quiet rules"].map((head) => el("section", null, el("h2", null, head), el("p.empty-line", null, "Loading…")));
  root.append(el("div.view-head", null, el("div.view-title", null, el("h1", { tabindex: "-1" }, "Alerts"), updated)), activePart, sentPart, rulesPart);
  const fill = (/** @type {HTMLElement} */ section, /** @type {() => Promise<Node[]>} */ work) =>
    work().then(
      (nodes) => section.replaceChildren(...nodes),
      (error) => isAbort(error) || section.replaceChildren(...failed(section, error)),
    );
  await new Promise((resolve) => {
    poll(
      async () => {
        const rules = prometheus("rules", { params: { type: "alert" }, signal }).then(alertsOf);
        const silenced = getJson("alertmanager/alerts", { signal }).then(silencedOf, () => null);
        await Promise.all([
          fill(activePart, async () => active(await rules, await silenced)),
          fill(rulesPart, async () => quiet(await rules)),
          fill(sentPart, async () => sent(await getJson("notifications", { params: { limit: 30 }, signal }))),
        ]);
        if (!signal.aborted) updated.textContent = `As of ${clock(Date.now())}, every ${SECONDS} s.`;
        resolve(undefined);
      },
      { interval: () => SECONDS, signal },
    );
    signal.addEventListener("abort", resolve);
  });
}

/**
 * @param {HTMLElement} section
 * @param {Error} error
 */
function failed(section, error) {
  const head = section.querySelector("h2")?.textContent ?? "";
  return [el("h2", null, head), el("p.notice-inline", { role: "alert" }, icon("warning"), el("span", null, el("strong", null, "Could not be read. "), ...said(error.message)))];
}

/**
 * @param {import("./model.js").Alert[]} alerts
 * @param {Set<string> | null} silenced null when Alertmanager does not answer
 */
function active(alerts, silenced) {
  const shown = alerts.filter((one) => one.state !== "inactive" && !isWatchdog(one));
  const watchdog = alerts.find(isWatchdog);
  const head = el("h2", null, "Firing and pending");
  const blind = silenced === null && el("p.notice-inline", { role: "alert" }, icon("warning"), el("span", null, el("strong", null, "Alertmanager does not answer: "), "alerts that fire now reach nobody."));
  const heart = watchdog && el("p.watchdog", { data: { state: watchdog.state } }, el("span.dot"), watchdog.state === "firing" ? `Watchdog alive since ${dateTime(watchdog.since ?? 0)}: alerts get through.` : "The watchdog is silent: rules are not evaluated, alerts would not get through.");
  if (shown.length === 0) return [head, ...present(blind), el("div.all-quiet", null, icon("check"), el("div", null, el("p", null, el("b", null, "All quiet.")), el("p", null, `None of the ${alerts.length} alert rules fires.`))), ...present(heart)];
  return [head, ...present(blind), el("ul.alert-list", null, ...shown.map((one) => card(one, silenced))), ...present(heart)];
}

/** @param {Node | false | undefined} node */
function present(node) {
  return node ? [node] : [];
}

/**
 * @param {import("./model.js").Alert} alert
 * @param {Set<string> | null} silenced
 */
function card(alert, silenced) {
  const { name, state, severity, labels, summary, description, since, value, wait } = alert;
  const dashboard = el("a", { href: runbookPath(alert) }, "Runbook");
  return el(
    "li.alert",
    { data: { state, severity } },
    el("div.alert-head", null, el("h3", null, name), el("span.badge", { data: { tone: state === "firing" ? "bad" : "warn" } }, state), el("span.badge", null, severity || "no severity"), silenced?.has(name) && el("span.badge", { data: { tone: "muted" } }, "silenced")),
    el("p.alert-summary", null, summary),
    description && el("p.alert-text", null, description),
    el("dl.pairs.inline", null,
      ...pair("Since", since === null ? "–" : `${ago(since, Date.now())} (${dateTime(since)})`),
      ...(state === "pending" ? pair("Fires after", duration(wait)) : []),
      ...pair("Value", value === null ? "–" : number(value)),
      ...Object.entries(labels).flatMap(([label, text]) => pair(label, text)),
    ),
    el("p.alert-links", null, dashboard),
  );
}

/**
 * @param {string} name
 * @param {string} value
 */
function pair(name, value) {
  return [el("div", null, el("dt", null, name), el("dd", null, value))];
}

/** @param {import("./model.js").Alert[]} alerts */
function quiet(alerts) {
  const rules = alerts.filter(({ state }) => state === "inactive");
  const rows = rules.map((rule) =>
    el("tr", null,
      el("td", null, el("b", null, rule.name), rule.health === "err" && el("span.delivery-error", null, rule.error || "cannot be evaluated")),
      el("td", null, rule.severity || "–"),
      el("td", null, rule.wait > 0 ? duration(rule.wait) : "at once"),
      el("td", null, el("details.query", null, el("summary", null, "Query"), el("pre", null, rule.query))),
      el("td", null, el("a", { href: runbookPath(rule) }, "Runbook")),
    ),
  );
  const heads = ["Rule", "Severity", "Fires after", "Condition", ""].map((text) => el("th", { scope: "col" }, text || el("span.sr-only", null, "Runbook")));
  return [el("h2", null, `Quiet rules (${rules.length})`), el("div.table-scroll", { tabindex: "0", role: "region", "aria-label": "Quiet rules" }, el("table.data.rules", null, el("thead", null, el("tr", null, ...heads)), el("tbody", null, ...rows)))];
}

/** @param {any} answer the notifier's deliveries */
function sent(answer) {
  return [el("h2", null, "Recent notifications"), deliveries(Array.isArray(answer) ? answer : (answer?.deliveries ?? []))];
}
