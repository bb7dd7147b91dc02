// @ts-check
import { el } from "../dom.js";

/**
 * The foot of every page: what runs, and the other ways to look at it.
 * @param {import("./header.js").Session} session
 */
export function footer({ version, service_url: service, grafana_url: grafana, jaeger_url: jaeger }) {
  /** @type {[string, string | null | undefined][]} */
  const links = [
    ["API reference", service && `${service}/docs`],
    ["Grafana", grafana],
    ["Jaeger", jaeger],
  ];
  const shown = links.filter(([, href]) => href);
  return el(
    "div.foot",
    null,
    el("span", null, `Plainview ${version ?? ""}`),
    ...shown.map(([text, href]) => el("a", { href, target: "_blank", rel: "noreferrer" }, text)),
  );
}
