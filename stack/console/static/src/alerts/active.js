// @ts-check
import { el } from "../dom.js";
import { dateTime } from "../format/time.js";
import { icon } from "../icon.js";
import { alertCard } from "./card.js";
import { isWatchdog } from "./model.js";

/**
 * What fires and what is about to, and whether anybody would hear of it.
 * @param {import("./model.js").Alert[]} alerts
 * @param {Set<string> | null} silenced null when Alertmanager does not answer
 */
export function active(alerts, silenced) {
  const shown = alerts.filter((one) => one.state !== "inactive" && !isWatchdog(one));
  const cards = el("ul.alert-list", null, ...shown.map((one) => alertCard(one, silenced)));
  return [
    el("h2", null, "Firing and pending"),
    ...(silenced === null ? [deaf()] : []),
    shown.length > 0 ? cards : allQuiet(alerts),
    ...alerts.filter(isWatchdog).map(watchdog),
  ];
}

/** @param {import("./model.js").Alert[]} alerts */
function allQuiet(alerts) {
  const rules = new Set(alerts.filter((one) => !isWatchdog(one)).map(({ name }) => name)).size;
  const text = rules > 0 ? `None of the ${rules} alert rules fires.` : "Prometheus has no alert rules.";
  return el(
    "div.all-quiet",
    null,
    icon("check"),
    el("div", null, el("p", null, el("b", null, "All quiet.")), el("p", null, text)),
  );
}

function deaf() {
  const text = el(
    "span",
    null,
    el("strong", null, "Alertmanager does not answer: "),
    "alerts that fire now reach nobody.",
  );
  return el("p.notice-inline", { role: "alert" }, icon("warning"), text);
}

/** @param {import("./model.js").Alert} alert */
function watchdog({ state, since }) {
  const text =
    state === "firing"
      ? `Watchdog alive since ${dateTime(since ?? 0)}: alerts get through.`
      : "The watchdog is silent: alerts would not get through.";
  return el("p.watchdog", { data: { state } }, el("span.dot"), text);
}
