// @ts-check
import { el } from "../dom.js";
import { parse } from "./markdown.js";

/** @typedef {import("./markdown.js").Block} Block */
/** @typedef {import("./markdown.inline.js").Inline} Inline */

/**
 * Elements for a Markdown text; nothing of the text becomes markup.
 * @param {string} text
 * @returns {HTMLElement[]}
 */
export function rendered(text) {
  return parse(text).map(element);
}

/**
 * @param {Block} block
 * @returns {HTMLElement}
 */
function element(block) {
  switch (block.kind) {
    case "heading":
      return el(`h${block.level}`, block.level === 1 ? { tabindex: "-1" } : null, ...runs(block.inlines));
    case "paragraph":
      return el("p", null, ...runs(block.inlines));
    case "quote":
      return el("blockquote", null, ...runs(block.inlines));
    case "code":
      return el("pre", { tabindex: "0" }, el("code", null, block.text));
    case "rule":
      return el("hr");
    case "list":
      return el(
        block.ordered ? "ol" : "ul",
        null,
        ...block.items.map((item) => el("li", null, ...runs(item.inlines), ...item.blocks.map(element))),
      );
    case "table":
      return el(
        "div.table-scroll",
        { tabindex: "0", role: "region", "aria-label": "Table" },
        el(
          "table.data",
          null,
          el("thead", null, el("tr", null, ...block.head.map((cell) => el("th", { scope: "col" }, ...runs(cell))))),
          el(
            "tbody",
            null,
            ...block.rows.map((row) => el("tr", null, ...row.map((cell) => el("td", null, ...runs(cell))))),
          ),
        ),
      );
  }
}

/** @param {Inline[]} inlines */
function runs(inlines) {
  return inlines.map((inline) => {
    if (inline.kind === "text") return inline.text;
    if (inline.kind === "link") return el("a", target(inline.href), inline.text);
    return el(inline.kind, null, inline.text);
  });
}

/** @param {string} href another runbook is linked as `Name.md` */
function target(href) {
  const other = /^(?:\.\/)?(\w+)\.md(#.*)?$/.exec(href);
  if (other) return { href: `/runbooks/${other[1]}${other[2] ?? ""}` };
  return /^https?:/.test(href) && !href.startsWith(location.origin)
    ? { href, target: "_blank", rel: "noreferrer" }
    : { href };
}
