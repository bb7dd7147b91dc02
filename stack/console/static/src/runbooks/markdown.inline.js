// @ts-check

/**
 * @typedef {{kind: "text" | "code" | "strong" | "em", text: string} | {kind: "link", text: string, href: string}} Inline
 */

/**
 * The runs of a line: code, strong, emphasis, links, text.
 * @param {string} text
 * @returns {Inline[]}
 */
export function inlines(text) {
  const pattern =
    /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)[^)]*\)|<(https?:[^>\s]+)>/g;
  /** @type {Inline[]} */
  const found = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const at = match.index ?? 0;
    if (at > end) found.push({ kind: "text", text: text.slice(end, at) });
    found.push(inline(match));
    end = at + match[0].length;
  }
  if (end < text.length) found.push({ kind: "text", text: text.slice(end) });
  return found;
}

/**
 * @param {RegExpMatchArray} match
 * @returns {Inline}
 */
function inline([whole, , code, strong, strong2, em, label, href, bare]) {
  if (code !== undefined) return { kind: "code", text: code.trim() };
  if (strong ?? strong2) return { kind: "strong", text: strong ?? strong2 };
  if (em) return { kind: "em", text: em };
  const address = href ?? bare;
  return isSafe(address)
    ? { kind: "link", text: label ?? bare, href: address }
    : { kind: "text", text: label ?? whole };
}

/**
 * Only addresses that lead to a page: no `javascript:`, no `data:`.
 * @param {string} href
 */
export function isSafe(href) {
  return /^(https?:\/\/|mailto:|\/(?!\/)|#|\.{1,2}\/|[\w-]+(\.md)?(#|$))/.test(href);
}
