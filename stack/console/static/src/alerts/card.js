// @ts-check
import { el } from "../dom.js";
import { ago, duration } from "../format/duration.js";
import { dateTime } from "../format/time.js";
import { number } from "../format/number.js";
import { runbookPath } from "./model.js";
import { labelKey } from "./silenced.js";

/**
 * One alert that fires or is about to.
 * @param {import("./model.js").Alert} alert
 * @param {Set<string> | null} silenced
 */
export function alertCard(alert, silenced) {
  const { name, state, severity, labels, summary, description, since, value, wait } = alert;
  return el(
    "li.alert",
    { data: { state, severity } },
    el(
      "div.alert-head",
      null,
      el("h3", null, name),
      el("span.badge", { data: { tone: state === "firing" ? "bad" : "warn" } }, state),
      el("span.badge", null, severity || "no severity"),
      silenced?.has(labelKey({ alertname: name, severity, ...labels })) &&
        el("span.badge", { data: { tone: "muted" } }, "silenced"),
    ),
    el("p.alert-summary", null, summary),
    description && el("p.alert-text", null, description),
    el(
      "dl.pairs.inline",
      null,
      ...pair("Since", since === null ? "–" : `${ago(since, Date.now())} (${dateTime(since)})`),
      ...(state === "pending" ? pair("Fires after", duration(wait)) : []),
      ...pair("Value", value === null ? "–" : number(value)),
      ...Object.entries(labels).flatMap(([label, text]) => pair(label, text)),
    ),
    el("p.alert-links", null, el("a", { href: runbookPath(alert) }, "Runbook")),
  );
}

/**
 * @param {string} name
 * @param {string} value
 */
function pair(name, value) {
  return [el("div", null, el("dt", null, name), el("dd", null, value))];
}
