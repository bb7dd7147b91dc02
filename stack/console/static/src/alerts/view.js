// @ts-check
import { getJson, isAbort, prometheus } from "../api.js";
import { el } from "../dom.js";
import { clock } from "../format/time.js";
import { icon } from "../icon.js";
import { poll } from "../poll.js";
import { said } from "../said.js";
import { active } from "./active.js";
import { deliveries } from "./deliveries.js";
import { alertsOf } from "./model.js";
import { quiet } from "./quiet.js";
import { silencedOf } from "./silenced.js";

const SECONDS = 10;

/**
 * What fires and what is about to, which rules are quiet, and who was told.
 * @type {import("../main.js").View}
 */
export async function alertsView(root, { signal, title }) {
  title("Alerts");
  const updated = el(
    "p.lead",
    null,
    "Rules are evaluated by Prometheus; Alertmanager groups them, the notifier delivers.",
  );
  const [activePart, sentPart, rulesPart] = ["Firing and pending", "Recent notifications", "Quiet rules"].map((head) =>
    el("section", null, el("h2", null, head), el("p.empty-line", null, "Loading…")),
  );
  root.append(
    el("div.view-head", null, el("div.view-title", null, el("h1", { tabindex: "-1" }, "Alerts"), updated)),
    activePart,
    sentPart,
    rulesPart,
  );
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
  return [
    el("h2", null, head),
    el(
      "p.notice-inline",
      { role: "alert" },
      icon("warning"),
      el("span", null, el("strong", null, "Could not be read. "), ...said(error.message)),
    ),
  ];
}

/** @param {any} answer the notifier's deliveries */
function sent(answer) {
  return [
    el("h2", null, "Recent notifications"),
    deliveries(Array.isArray(answer) ? answer : (answer?.deliveries ?? [])),
  ];
}
