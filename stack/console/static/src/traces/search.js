// @ts-check
import { getJson, isAbort } from "../api.js";
import { el } from "../dom.js";
import { icon } from "../icon.js";
import { said } from "../said.js";
import { rangePicker } from "../shell/rangepicker.js";
import { resolve } from "../time/range.js";
import { changedSearch, readState } from "../viewstate.js";
import { form, readForm } from "./form.js";
import { results } from "./results.js";
import { summaryOf } from "./summary.js";

const DEFAULTS = { from: "now-1h", to: "now", refresh: "" };

/**
 * Search for traces; the question is in the address.
 * @type {import("../main.js").View}
 */
export async function searchView(root, { signal, title }) {
  title("Traces");
  const state = () => readState(location.search, DEFAULTS);
  const found = el("div.results", { "aria-live": "polite" });
  const range = rangePicker(state, (changes) => ask(changes));
  const services = await getJson("jaeger/services", { signal }).then(({ data }) => [...(data ?? [])].sort());
  /** @type {AbortController} */
  let round = new AbortController();

  const ask = (/** @type {Record<string, string | string[] | null>} */ changes) => {
    history.replaceState(null, "", location.pathname + changedSearch(location.search, changes));
    range.update();
    search();
  };
  const fields = form({
    services,
    operations: (service) => operations(service, signal),
    ask,
    now: () => readForm(location.search, services),
  });
  const search = async () => {
    round.abort();
    round = new AbortController();
    const question = readForm(location.search, services);
    if (!question.service)
      return found.replaceChildren(
        nothing("No traces yet", "The trace store knows no service. Send a request, then search again."),
      );
    found.setAttribute("aria-busy", "true");
    try {
      const { data } = await getJson("jaeger/traces", {
        params: parameters(question, resolve(state(), Date.now())),
        signal: AbortSignal.any([signal, round.signal]),
      });
      const traces = (data ?? []).filter((/** @type {any} */ one) => one.spans.length > 0).map(summaryOf);
      found.replaceChildren(
        traces.length > 0
          ? results(traces, question, ask)
          : nothing("No traces found", "No trace of this time range fits. Take a longer range or fewer conditions."),
      );
    } catch (error) {
      if (isAbort(error)) return;
      found.replaceChildren(
        el(
          "div.notice-inline",
          { role: "alert" },
          icon("warning"),
          el(
            "div",
            null,
            el("h2", null, "Search failed"),
            el("p", null, ...said(/** @type {Error} */ (error).message)),
          ),
        ),
      );
    }
    found.removeAttribute("aria-busy");
  };

  root.append(
    el(
      "div.view-head",
      null,
      el(
        "div.view-title",
        null,
        el("h1", { tabindex: "-1" }, "Traces"),
        el("p.lead", null, "One request or job from its first byte to its last."),
      ),
      el("div.controls", null, range.element),
    ),
    fields,
    found,
  );
  found.append(el("p.searching", null, "Searching…"));
  search();
}

/**
 * @param {string} service
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
async function operations(service, signal) {
  if (!service) return [];
  const { data } = await getJson(`jaeger/services/${encodeURIComponent(service)}/operations`, { signal });
  return [...(data ?? [])].sort();
}

/**
 * @param {import("./form.js").Question} question
 * @param {{from: number, to: number}} range milliseconds
 */
export function parameters({ service, operation, minimum, errors, limit }, { from, to }) {
  return {
    service,
    operation,
    minDuration: minimum,
    tags: errors ? JSON.stringify({ error: "true" }) : "",
    limit,
    start: Math.floor(from * 1000),
    end: Math.ceil(to * 1000),
  };
}

/**
 * @param {string} head
 * @param {string} text
 */
function nothing(head, text) {
  return el("div.empty", null, el("h2", null, head), el("p", null, text));
}
