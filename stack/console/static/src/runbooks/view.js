// @ts-check
import { getJson, getText } from "../api.js";
import { el } from "../dom.js";
import { icon } from "../icon.js";
import { rendered } from "./markdown.dom.js";

/**
 * One runbook.
 * @type {import("../main.js").View}
 */
export async function runbookView(root, { params, signal, title }) {
  title(params.name);
  const [text, names] = await Promise.all([
    getText(`runbooks/${encodeURIComponent(params.name)}`, { signal }),
    getJson("runbooks", { signal }),
  ]);
  const content = rendered(text);
  const titled = content[0] instanceof HTMLHeadingElement && content[0].tagName === "H1";
  root.append(
    el("p.crumb", null, el("a", { href: "/alerts" }, icon("back"), "Alerts")),
    el(
      "div.beside",
      null,
      el("article.prose", null, !titled && el("h1", { tabindex: "-1" }, params.name), ...content),
      others(names, params.name),
    ),
  );
}

/**
 * @param {string[]} names
 * @param {string} here
 */
function others(names, here) {
  const items = names.map((name) =>
    el(
      "li",
      null,
      el("a", { href: `/runbooks/${encodeURIComponent(name)}`, "aria-current": name === here ? "page" : null }, name),
    ),
  );
  return el(
    "nav.aside",
    { "aria-labelledby": "all-runbooks" },
    el("h2", { id: "all-runbooks" }, "All runbooks"),
    el("ul", null, ...items),
  );
}

/**
 * All runbooks.
 * @type {import("../main.js").View}
 */
export async function runbooksView(root, { signal, title }) {
  title("Runbooks");
  const names = await getJson("runbooks", { signal });
  const items = names.map((/** @type {string} */ name) =>
    el("li", null, el("a", { href: `/runbooks/${encodeURIComponent(name)}` }, name)),
  );
  root.append(
    el("p.crumb", null, el("a", { href: "/alerts" }, icon("back"), "Alerts")),
    el(
      "article.prose",
      null,
      el("h1", { tabindex: "-1" }, "Runbooks"),
      items.length > 0 ? el("ul", null, ...items) : el("p", null, "There are none."),
    ),
  );
}
