// @ts-check
import { el } from "../dom.js";
import { duration } from "../format/duration.js";
import { runbookPath } from "./model.js";

/**
 * The rules that do not fire.
 * @param {import("./model.js").Alert[]} alerts
 */
export function quiet(alerts) {
  const rules = alerts.filter(({ state }) => state === "inactive");
  const rows = rules.map((rule) =>
    el(
      "tr",
      null,
      el(
        "td",
        null,
        el("b", null, rule.name),
        rule.health === "err" && el("span.delivery-error", null, rule.error || "cannot be evaluated"),
      ),
      el("td", null, rule.severity || "–"),
      el("td", null, rule.wait > 0 ? duration(rule.wait) : "at once"),
      el("td", null, el("details.query", null, el("summary", null, "Query"), el("pre", null, rule.query))),
      el("td", null, el("a", { href: runbookPath(rule) }, "Runbook")),
    ),
  );
  const heads = ["Rule", "Severity", "Fires after", "Condition", ""].map((text) =>
    el("th", { scope: "col" }, text || el("span.sr-only", null, "Runbook")),
  );
  return [
    el("h2", null, `Quiet rules (${rules.length})`),
    el(
      "div.table-scroll",
      { tabindex: "0", role: "region", "aria-label": "Quiet rules" },
      el("table.data.rules", null, el("thead", null, el("tr", null, ...heads)), el("tbody", null, ...rows)),
    ),
  ];
}
