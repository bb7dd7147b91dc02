import assert from "node:assert/strict";
import test from "node:test";

import { parse } from "../../../stack/console/static/src/runbooks/markdown.js";
import { inlines, isSafe } from "../../../stack/console/static/src/runbooks/markdown.inline.js";

const kinds = (text) => parse(text).map(({ kind }) => kind);
const plain = (list) => list.map(({ text }) => text).join("");

test("blocks are told apart", () => {
  const text =
    "# Title\n\nSome text\nthat goes on.\n\n> quoted\n\n---\n\n```promql\nup == 0\n\nx\n```\n\n- a\n- b\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
  assert.deepEqual(kinds(text), ["heading", "paragraph", "quote", "rule", "code", "list", "list", "table"]);
});

test("a paragraph is one line of text", () => {
  const [{ inlines: runs }] = parse("Some text\nthat goes on.");
  assert.equal(plain(runs), "Some text that goes on.");
});

test("code keeps its lines as they are", () => {
  const [{ text }] = parse("```\na <b> & *c*\n\n  d\n```");
  assert.equal(text, "a <b> & *c*\n\n  d");
});

test("a fence that never ends runs to the end", () => assert.equal(parse("```\na\nb")[0].text, "a\nb"));

test("list items hold further lines, code and lists", () => {
  const [list] = parse("1. first\n   goes on\n\n   ```\n   run me\n   ```\n2. second\n   - inner");
  assert.equal(list.items.length, 2);
  assert.equal(plain(list.items[0].inlines), "first goes on");
  assert.deepEqual(
    list.items[0].blocks.map(({ kind, text }) => [kind, text]),
    [["code", "run me"]],
  );
  assert.equal(list.items[1].blocks[0].kind, "list");
});

test("a list with empty lines between its items is one list", () =>
  assert.equal(parse("- a\n\n- b\n\n- c")[0].items.length, 3));

test("a table has its cells, pipes in code included when escaped", () => {
  const [{ head, rows }] = parse("| Sign | Means |\n| --- | :-: |\n| `a \\| b` | **x** |");
  assert.deepEqual(head.map(plain), ["Sign", "Means"]);
  assert.deepEqual(rows[0].map(plain), ["a | b", "x"]);
});

test("inline marks become runs", () => {
  const found = inlines("see `x*y*z` and **bold** or *thin* at [docs](/runbooks/A) <https://example.org/>");
  assert.deepEqual(
    found.filter(({ kind }) => kind !== "text").map(({ kind, text }) => [kind, text]),
    [
      ["code", "x*y*z"],
      ["strong", "bold"],
      ["em", "thin"],
      ["link", "docs"],
      ["link", "https://example.org/"],
    ],
  );
});

test("snake_case and lone stars stay text", () =>
  assert.deepEqual(
    inlines("job_queue_depth * 2 * x").map(({ kind }) => kind),
    ["text"],
  ));

test("markup is text", () => {
  const [{ inlines: runs }] = parse('<img src=x onerror="alert(1)"><script>alert(1)</script>');
  assert.deepEqual(
    runs.map(({ kind }) => kind),
    ["text"],
  );
});

for (const href of [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,x",
  "//elsewhere.example",
  "vbscript:x",
  " javascript:x",
]) {
  test(`${href} is no link`, () => {
    assert.equal(isSafe(href), false);
    assert.ok(inlines(`[go](${href})`).every(({ kind }) => kind !== "link"));
  });
}
for (const href of [
  "https://example.org",
  "/runbooks/A",
  "#part",
  "ServiceDown.md",
  "./ServiceDown.md",
  "mailto:a@example.org",
]) {
  test(`${href} is a link`, () => assert.equal(isSafe(href), true));
}
