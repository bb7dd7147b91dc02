// @ts-check
import { el } from "../dom.js";
import { ago } from "../format/duration.js";
import { dateTime } from "../format/time.js";

/**
 * @typedef {object} Delivery as the notifier tells it
 * @property {string} subject
 * @property {string} status `firing` or `resolved`
 * @property {string | null} received_at
 * @property {string | null} target its id
 * @property {string | null} name what people call it: its kind and id
 * @property {string} state `pending`, `delivered`, `abandoned`, `no targets`
 * @property {number} attempts
 * @property {string | null} [next_attempt_at]
 * @property {string | null} error
 */

/**
 * What was sent to whom, newest first.
 * @param {Delivery[]} list
 */
export function deliveries(list) {
  if (list.length === 0) return el("p.empty-line", null, "Nothing was sent yet.");
  const heads = ["When", "Notification", "Target", "State", "Attempts"].map((text) =>
    el("th", { scope: "col", class: text === "Attempts" ? "number" : null }, text),
  );
  return el(
    "div.table-scroll",
    { tabindex: "0", role: "region", "aria-label": "Recent notifications" },
    el("table.data.deliveries", null, el("thead", null, el("tr", null, ...heads)), el("tbody", null, ...list.map(row))),
  );
}

/** @param {Delivery} delivery */
function row({ subject, status, received_at: received, name, state, attempts, next_attempt_at: next, error }) {
  const at = received ? Date.parse(received) : null;
  return el(
    "tr",
    null,
    el("td", { title: at ? dateTime(at) : null }, at ? ago(at, Date.now()) : "–"),
    el("td", null, el("span.badge", { data: { tone: status === "resolved" ? "good" : "bad" } }, status), " ", subject),
    el("td", null, name ?? "–"),
    el(
      "td",
      null,
      el("span.delivery-state", { data: { state } }, state),
      error && el("span.delivery-error", null, error),
      next && el("span.delivery-next", null, `next try ${ago(Date.parse(next), Date.now())}`),
    ),
    el("td.number", null, attempts),
  );
}
