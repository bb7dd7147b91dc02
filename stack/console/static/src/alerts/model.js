// @ts-check
import { sampleValue } from "../promql/results.js";

/**
 * @typedef {object} Alert one rule, or one of its active instances
 * @property {string} name
 * @property {"firing" | "pending" | "inactive"} state
 * @property {string} severity
 * @property {Record<string, string>} labels
 * @property {string} summary
 * @property {string} description
 * @property {string} runbook
 * @property {number | null} since milliseconds since the epoch
 * @property {number | null} value
 * @property {number} wait seconds that the condition must hold before it fires
 * @property {string} query
 * @property {string} health of the rule: `ok`, `err` or `unknown`
 * @property {string} error why the rule could not be evaluated
 */

const SEVERITIES = ["page", "critical", "ticket", "warning", "none"];
const STATES = ["firing", "pending", "inactive"];

/**
 * The alerts of Prometheus' rules, the most pressing first; a rule without active instances counts once.
 * @param {{groups: {rules: any[]}[]}} data
 * @returns {Alert[]}
 */
export function alertsOf({ groups }) {
  return groups
    .flatMap(({ rules }) => rules)
    .filter(({ type }) => type === "alerting")
    .flatMap((rule) =>
      rule.alerts?.length > 0
        ? rule.alerts.map((/** @type {any} */ instance) => alert(rule, instance))
        : [alert(rule, null)],
    )
    .sort(
      (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || rank(a) - rank(b) || a.name.localeCompare(b.name),
    );
}

/**
 * @param {any} rule
 * @param {any} instance
 * @returns {Alert}
 */
function alert(rule, instance) {
  const {
    summary: short = "",
    description = "",
    runbook_url: runbook = "",
  } = { ...rule.annotations, ...instance?.annotations };
  const { alertname: _, severity = "", ...labels } = { ...rule.labels, ...instance?.labels };
  return {
    name: rule.name,
    state: instance?.state ?? "inactive",
    severity,
    labels,
    summary: instance ? short : "",
    description: instance ? description : "",
    runbook,
    since: instance ? Date.parse(instance.activeAt) : null,
    value: instance ? sampleValue(instance.value) : null,
    wait: rule.duration ?? 0,
    query: rule.query,
    health: rule.health,
    error: rule.lastError ?? "",
  };
}

/** @param {Alert} alert */
function rank({ severity }) {
  const place = SEVERITIES.indexOf(severity);
  return place < 0 ? SEVERITIES.length - 1.5 : place;
}

/**
 * A watchdog always fires: it tells that alerts get through, not that something is wrong.
 * @param {Alert} alert
 */
export function isWatchdog({ name, severity }) {
  return name === "Watchdog" || severity === "none";
}

/**
 * The header's light: what burns, in a word or two.
 * @param {Alert[]} alerts
 * @returns {{state: "quiet" | "ticket" | "page" | "blind", text: string}}
 */
export function summary(alerts) {
  const watchdogs = alerts.filter(isWatchdog);
  if (alerts.length === 0 || (watchdogs.length > 0 && watchdogs.every(({ state }) => state === "inactive")))
    return { state: "blind", text: "Rules not evaluated" };
  const firing = alerts.filter((one) => one.state === "firing" && !isWatchdog(one));
  if (firing.length === 0) return { state: "quiet", text: "All quiet" };
  const pages = firing.some(({ severity }) => severity === "page" || severity === "critical");
  return { state: pages ? "page" : "ticket", text: `${firing.length} firing` };
}

/**
 * Path of the runbook on this console.
 * @param {Alert} alert
 */
export function runbookPath({ runbook, name }) {
  const found = /\/runbooks\/([^/?#]+)/.exec(runbook);
  return `/runbooks/${found ? found[1] : encodeURIComponent(name)}`;
}
