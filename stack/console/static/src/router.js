// @ts-check

/** @typedef {{name: string, params: Record<string, string>}} Match */

/** @type {[RegExp, string, string[]][]} */
const ROUTES = [
  [/^\/$/, "dashboard", []],
  [/^\/d\/([^/]+)(?:\/[^/]*)?\/?$/, "dashboard", ["uid"]],
  [/^\/traces\/?$/, "traces", []],
  [/^\/trace\/([0-9a-fA-F]+)\/?$/, "trace", ["id"]],
  [/^\/alerts\/?$/, "alerts", []],
  [/^\/runbooks\/?$/, "runbooks", []],
  [/^\/runbooks\/([^/]+)\/?$/, "runbook", ["name"]],
  [/^\/sign-in\/?$/, "sign-in", []],
];

/**
 * The view that an address names; `missing` when it names none.
 * @param {string} pathname
 * @returns {Match}
 */
export function match(pathname) {
  for (const [pattern, name, keys] of ROUTES) {
    const found = pattern.exec(pathname);
    if (found)
      return {
        name,
        params: Object.fromEntries(keys.map((key, index) => [key, decodeURIComponent(found[index + 1])])),
      };
  }
  return { name: "missing", params: {} };
}

/**
 * Follow links and the history without loading the page again.
 * @param {() => void} changed called after each change of address
 * @param {AbortSignal} [signal]
 */
export function follow(changed, signal) {
  window.addEventListener("popstate", changed, { signal });
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      if (!(link instanceof HTMLAnchorElement) || !isOurs(link, event)) return;
      event.preventDefault();
      if (link.href !== location.href) history.pushState(null, "", link.href);
      changed();
    },
    { signal },
  );
}

/**
 * @param {HTMLAnchorElement} link
 * @param {MouseEvent} event
 */
function isOurs(link, event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return false;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return false;
  return link.getAttribute("href")?.startsWith("#") ? false : match(link.pathname).name !== "missing";
}

/**
 * Go to an address of ours.
 * @param {string} address
 */
export function go(address) {
  history.pushState(null, "", address);
  window.dispatchEvent(new PopStateEvent("popstate"));
}
