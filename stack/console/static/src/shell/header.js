// @ts-check
import { el, hidden, svg } from "../dom.js";
import { icon } from "../icon.js";
import { carriedSearch } from "../viewstate.js";
import { themeButton } from "./theme.js";

/**
 * @typedef {{uid: string, title: string}} Listed a dashboard as the backend lists it
 * @typedef {{demo?: boolean, version?: string, service_url?: string | null, grafana_url?: string | null, jaeger_url?: string | null}} Session
 */

const READ = ["overview", "jobs", "gpu", "cost", "queue"].map((name) => `plainview-${name}`);

/**
 * The head of every page: where one is, where one can go, whether something burns.
 * @param {{session: Session, dashboards: Listed[], signOut: () => void}} parts
 */
export function header({ session, dashboards, signOut }) {
  const links = [
    ...ordered(dashboards).map(({ uid, title }) => ({
      text: title,
      href: uid === "plainview-overview" ? "/" : `/d/${uid}`,
      carried: true,
    })),
    { text: "Traces", href: "/traces", carried: false },
    { text: "Alerts", href: "/alerts", carried: false },
  ].map((link) => ({ ...link, element: el("a", { href: link.href }, link.text) }));
  const status = el(
    "a.firing",
    { href: "/alerts", data: { state: "unknown" } },
    el("span.dot"),
    el("span.firing-text", null, "Alerts"),
  );
  const element = el(
    "header.top",
    null,
    el("a.brand", { href: "/" }, mark(), el("span", null, "Plainview")),
    el("nav.nav", { "aria-label": "Main" }, ...links.map((link) => link.element)),
    el(
      "div.top-side",
      null,
      session.demo && el("span.badge.simulated", { title: "The GPU and its readings are simulated" }, "Simulated GPU"),
      status,
      themeButton(),
      el(
        "button.icon-button",
        { type: "button", title: "Sign out", on: { click: signOut } },
        icon("exit"),
        hidden("Sign out"),
      ),
    ),
  );
  return {
    element,
    at(/** @type {string} */ pathname) {
      for (const { element: link, href, carried } of links) {
        link.setAttribute("href", href + (carried ? carriedSearch(location.search) : ""));
        if (isHere(href, pathname)) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
    },
    firing(/** @type {{state: string, text: string}} */ { state, text }) {
      status.dataset.state = state;
      /** @type {HTMLElement} */ (status.querySelector(".firing-text")).textContent = text;
    },
  };
}

/**
 * The dashboards as one reads them, those that are not known here after the others.
 * @param {Listed[]} dashboards
 */
export function ordered(dashboards) {
  const place = (/** @type {Listed} */ { uid }) => (READ.includes(uid) ? READ.indexOf(uid) : READ.length);
  return [...dashboards].sort((a, b) => place(a) - place(b) || a.title.localeCompare(b.title));
}

/**
 * @param {string} href
 * @param {string} pathname
 */
function isHere(href, pathname) {
  if (href === "/") return pathname === "/" || pathname === "/d/plainview-overview";
  return (
    pathname === href ||
    pathname.startsWith(`${href}/`) ||
    (href === "/traces" && pathname.startsWith("/trace/")) ||
    (href === "/alerts" && pathname.startsWith("/runbooks"))
  );
}

/** The mark: a horizon with a line rising over it. */
function mark() {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("rect", { class: "mark-sky", width: 24, height: 24, rx: 6 }),
    svg("path", { class: "mark-line", d: "M4 15.5h4l2.5-7 3.5 9 2-4.5H20" }),
  );
}
