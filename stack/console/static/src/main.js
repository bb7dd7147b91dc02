// @ts-check
import { ApiError, getJson, isAbort, postJson } from "./api.js";
import { el } from "./dom.js";
import { icon } from "./icon.js";
import { follow, go, match } from "./router.js";
import { said } from "./said.js";
import { watchFiring } from "./shell/firing.js";
import { footer } from "./shell/footer.js";
import { header } from "./shell/header.js";

/**
 * @typedef {object} ViewContext
 * @property {Record<string, string>} params from the address
 * @property {AbortSignal} signal aborted when the view is left
 * @property {(text: string) => void} title names the page
 * @property {import("./shell/header.js").Session} session
 *
 * @typedef {(root: HTMLElement, context: ViewContext) => Promise<void>} View
 */

/** @type {Record<string, () => Promise<View>>} loaded when first shown */
const VIEWS = {
  dashboard: async () => (await import("./dashboard/view.js")).dashboardView,
  traces: async () => (await import("./traces/search.js")).searchView,
  trace: async () => (await import("./traces/view.js")).traceView,
  alerts: async () => (await import("./alerts/view.js")).alertsView,
  runbook: async () => (await import("./runbooks/view.js")).runbookView,
  runbooks: async () => (await import("./runbooks/view.js")).runbooksView,
  "sign-in": async () => (await import("./shell/signin.js")).signInView,
  missing: async () => missingView,
};

const page = /** @type {HTMLElement} */ (document.getElementById("page"));
const top = /** @type {HTMLElement} */ (document.getElementById("top"));
const foot = /** @type {HTMLElement} */ (document.getElementById("foot"));
/** @type {AbortController} */
let current = new AbortController();
/** @type {{session: import("./shell/header.js").Session, head: ReturnType<typeof header>, watching: AbortController} | null} */
let shell = null;
let shown = "";

/** The page's frame, made once one is signed in; null where one must sign in first. */
async function ensureShell() {
  if (shell) return shell;
  const session = await getJson("session");
  if (!session.signed_in) return null;
  const dashboards = await getJson("dashboards");
  const head = header({ session, dashboards, signOut });
  const watching = new AbortController();
  top.replaceChildren(head.element);
  foot.replaceChildren(footer(session));
  watchFiring(head.firing, watching.signal);
  shell = { session, head, watching };
  return shell;
}

async function signOut() {
  // Nothing may ask on behalf of a session that is about to end.
  quiet();
  await postJson("sign-out").catch(() => null);
  signedOut();
}

function quiet() {
  shell?.watching.abort();
  current.abort();
}

function signedOut() {
  quiet();
  shell = null;
  top.replaceChildren();
  foot.replaceChildren();
  const back = location.pathname + location.search;
  if (location.pathname !== "/sign-in") go(back === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(back)}`);
}

async function show() {
  const { name, params } = match(location.pathname);
  current.abort();
  current = new AbortController();
  const { signal } = current;
  const root = el("div.view", { data: { view: name } });
  const first = shown === "";
  page.setAttribute("aria-busy", "true");
  try {
    const frame = name === "sign-in" ? null : await ensureShell();
    if (!frame && name !== "sign-in") return signedOut();
    const view = await VIEWS[name]();
    if (signal.aborted) return;
    frame?.head.at(location.pathname);
    if (!first && shown !== location.pathname) window.scrollTo(0, 0);
    shown = location.pathname;
    page.replaceChildren(root);
    await view(root, {
      params,
      signal,
      session: frame?.session ?? {},
      title: (text) => (document.title = `${text} · Plainview`),
    });
    if (!first) /** @type {HTMLElement | null} */ (root.querySelector("h1"))?.focus({ preventScroll: true });
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) page.replaceChildren(failure(/** @type {Error} */ (error)));
  } finally {
    if (!signal.aborted) page.removeAttribute("aria-busy");
  }
}

/** @param {Error} error */
function failure(error) {
  document.title = "Not available · Plainview";
  const missing = error instanceof ApiError && error.status === 404;
  const notice = el(
    "div.notice",
    { role: "alert" },
    el("h1", { tabindex: "-1" }, missing ? "Nothing here" : "This page cannot be shown"),
    el("p.notice-reason", null, icon("warning"), el("span", null, ...said(error.message))),
    el(
      "p",
      null,
      el("button.button.primary", { type: "button", on: { click: show } }, "Try again"),
      " ",
      el("a.button", { href: "/" }, "Overview"),
    ),
  );
  return el("div.view", null, notice);
}

/** @type {View} */
async function missingView(root, { title }) {
  title("Nothing here");
  root.append(
    el(
      "div.notice",
      null,
      el("h1", { tabindex: "-1" }, "Nothing here"),
      el("p", null, `There is no page at ${location.pathname}.`),
      el("p", null, el("a.button.primary", { href: "/" }, "Overview")),
    ),
  );
}

window.addEventListener("plainview:signed-out", signedOut);
follow(show);
show();
