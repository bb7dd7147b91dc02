// @ts-check
import { inlines } from "./markdown.inline.js";

/**
 * @typedef {import("./markdown.inline.js").Inline} Inline
 * @typedef {{kind: "heading", level: number, inlines: Inline[]}
 *   | {kind: "paragraph", inlines: Inline[]}
 *   | {kind: "quote", inlines: Inline[]}
 *   | {kind: "code", text: string}
 *   | {kind: "rule"}
 *   | {kind: "list", ordered: boolean, items: {inlines: Inline[], blocks: Block[]}[]}
 *   | {kind: "table", head: Inline[][], rows: Inline[][][]}} Block
 */

const FENCE = /^\s*(`{3,}|~{3,})/;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*\s*$/;

/**
 * The blocks of a Markdown text, as data: headings, paragraphs, lists, code, quotes, tables. HTML stays text.
 * @param {string} text
 * @returns {Block[]}
 */
export function parse(text) {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"));
}

/**
 * @param {string[]} lines
 * @returns {Block[]}
 */
function blocks(lines) {
  /** @type {Block[]} */
  const found = [];
  for (let at = 0; at < lines.length;) {
    const [one, next] = block(lines, at);
    if (one) found.push(one);
    at = next;
  }
  return found;
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @returns {[Block | null, number]}
 */
function block(lines, at) {
  const line = lines[at];
  const heading = HEADING.exec(line);
  if (line.trim() === "") return [null, at + 1];
  if (FENCE.test(line)) return fenced(lines, at);
  if (heading) return [{ kind: "heading", level: heading[1].length, inlines: inlines(heading[2]) }, at + 1];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [{ kind: "rule" }, at + 1];
  if (ITEM.test(line)) return list(lines, at);
  if (/^\s{4}/.test(line)) return indented(lines, at);
  if (/^\s*>/.test(line)) return quote(lines, at);
  if (line.includes("|") && /^\s*\|?\s*:?-{2,}/.test(lines[at + 1] ?? "")) return table(lines, at);
  return paragraph(lines, at);
}

/** @param {string[]} lines @param {number} at @returns {[Block, number]} */
function fenced(lines, at) {
  const fence = /** @type {RegExpExecArray} */ (FENCE.exec(lines[at]))[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  return [{ kind: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

/** @param {string[]} lines @param {number} at @returns {[Block, number]} */
function indented(lines, at) {
  let end = at;
  while (end < lines.length && (/^\s{4}/.test(lines[end]) || lines[end].trim() === "")) end += 1;
  return [
    {
      kind: "code",
      text: lines
        .slice(at, end)
        .map((line) => line.slice(4))
        .join("\n")
        .trimEnd(),
    },
    end,
  ];
}

/** @param {string[]} lines @param {number} at @returns {[Block, number]} */
function quote(lines, at) {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end])) end += 1;
  return [
    {
      kind: "quote",
      inlines: inlines(
        lines
          .slice(at, end)
          .map((line) => line.replace(/^\s*>\s?/, ""))
          .join(" "),
      ),
    },
    end,
  ];
}

/** @param {string[]} lines @param {number} at @returns {[Block, number]} */
function paragraph(lines, at) {
  let end = at + 1;
  while (
    end < lines.length &&
    lines[end].trim() !== "" &&
    !FENCE.test(lines[end]) &&
    !HEADING.test(lines[end]) &&
    !ITEM.test(lines[end])
  )
    end += 1;
  return [
    {
      kind: "paragraph",
      inlines: inlines(
        lines
          .slice(at, end)
          .map((line) => line.trim())
          .join(" "),
      ),
    },
    end,
  ];
}

/** @param {string[]} lines @param {number} at @returns {[Block, number]} */
function list(lines, at) {
  const first = /** @type {RegExpExecArray} */ (ITEM.exec(lines[at]));
  const indent = first[1].length;
  const ordered = /\d/.test(first[2]);
  /** @type {{inlines: Inline[], blocks: Block[]}[]} */
  const items = [];
  let next = at;
  while (next < lines.length) {
    const item = ITEM.exec(lines[next]);
    if (!item || item[1].length !== indent || /\d/.test(item[2]) !== ordered) break;
    const [body, end] = itemBody(lines, next + 1, indent);
    const width = indent + item[2].length + 1;
    const [lead, ...rest] = blocks([item[3], ...body.map((line) => line.slice(Math.min(startOf(line), width)))]);
    items.push(
      lead?.kind === "paragraph"
        ? { inlines: lead.inlines, blocks: rest }
        : { inlines: inlines(item[3]), blocks: rest },
    );
    next = end;
  }
  return [{ kind: "list", ordered, items }, next];
}

/**
 * The lines that belong to a list item, and where the next thing begins.
 * @param {string[]} lines
 * @param {number} at
 * @param {number} indent
 * @returns {[string[], number]}
 */
function itemBody(lines, at, indent) {
  let end = at;
  while (end < lines.length) {
    const line = lines[end];
    const depth = line.length - line.trimStart().length;
    const continues =
      line.trim() === "" ? /^\s+\S/.test(lines[end + 1] ?? "") && startOf(lines[end + 1]) > indent : depth > indent;
    if (!continues) break;
    end += 1;
  }
  const body = lines.slice(at, end);
  while (
    end < lines.length &&
    lines[end].trim() === "" &&
    ITEM.test(lines[end + 1] ?? "") &&
    startOf(lines[end + 1]) === indent
  )
    end += 1;
  return [body, end];
}

/** @param {string} line */
function startOf(line) {
  return line.length - line.trimStart().length;
}

/** @param {string[]} lines @param {number} at @returns {[Block, number]} */
function table(lines, at) {
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const cells = (/** @type {string} */ line) =>
    line
      .trim()
      .replace(/^\||\|$/g, "")
      .split(/(?<!\\)\|/)
      .map((cell) => inlines(cell.trim().replace(/\\\|/g, "|")));
  return [{ kind: "table", head: cells(lines[at]), rows: lines.slice(at + 2, end).map(cells) }, end];
}
