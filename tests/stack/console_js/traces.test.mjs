import assert from "node:assert/strict";
import test from "node:test";

import { serviceColors } from "../../../stack/console/static/src/traces/colors.js";
import { facts, selfTimes } from "../../../stack/console/static/src/traces/facts.js";
import { readForm } from "../../../stack/console/static/src/traces/form.js";
import { traceOf, visibleRows } from "../../../stack/console/static/src/traces/model.js";
import { marks } from "../../../stack/console/static/src/traces/ruler.js";
import { parameters } from "../../../stack/console/static/src/traces/search.js";
import { ordered, summaryOf } from "../../../stack/console/static/src/traces/summary.js";
import { moved } from "../../../stack/console/static/src/traces/waterfall.js";

const ID = "00f067aa0ba902b7";
const span = (spanID, parent, startTime, duration, more = {}) => ({
  spanID,
  operationName: spanID,
  references: parent ? [{ refType: "CHILD_OF", traceID: ID, spanID: parent }] : [],
  startTime,
  duration,
  processID: "p1",
  tags: [],
  logs: [],
  ...more,
});
const trace = (...spans) => ({
  traceID: ID,
  spans,
  processes: { p1: { serviceName: "api", tags: [] }, p2: { serviceName: "worker" } },
  warnings: null,
});
const JOB = trace(
  span("animate", "job", 400, 500, { processID: "p2", tags: [{ key: "error", value: true }] }),
  span("root", null, 0, 100),
  span("job", "root", 150, 800, {
    processID: "p2",
    tags: [
      { key: "plainview.job.id", value: "01J" },
      { key: "plainview.cost.usd", value: 0.0026 },
      { key: "plainview.device.simulated", value: true },
      { key: "plainview.device", value: "simulated" },
    ],
  }),
  span("decode", "job", 300, 100, { processID: "p2" }),
);

test("a trace is a tree in the order of start, over its whole time", () => {
  const found = traceOf(JOB);
  assert.deepEqual(
    visibleRows(found.roots, new Set()).map(({ span: { name }, depth }) => [name, depth]),
    [
      ["root", 0],
      ["job", 1],
      ["decode", 2],
      ["animate", 2],
    ],
  );
  assert.equal(found.duration, 950);
  assert.deepEqual(found.services, ["api", "worker"]);
});

test("a span whose parent is missing becomes a root and says so", () => {
  const found = traceOf(trace(span("a", null, 0, 10), span("b", "gone", 5, 10)));
  assert.equal(found.roots.length, 2);
  assert.equal(found.roots[1].lost, "gone");
});

test("a cycle of parents is cut, every span is shown once", () => {
  const found = traceOf(trace(span("a", "b", 0, 10), span("b", "a", 1, 10), span("c", "c", 2, 10)));
  const rows = visibleRows(found.roots, new Set()).map(({ span: { id } }) => id);
  assert.deepEqual(rows.sort(), ["a", "b", "c"]);
});

test("an id with and without leading zeros is one trace", () => {
  const found = traceOf(
    trace(span("a", null, 0, 1), {
      ...span("b", null, 0, 1),
      references: [{ refType: "CHILD_OF", traceID: ID.replace(/^0+/, ""), spanID: "a" }],
    }),
  );
  assert.equal(found.roots.length, 1);
});

test("a link to another trace is not a parent", () => {
  const found = traceOf(
    trace({ ...span("a", null, 0, 1), references: [{ refType: "CHILD_OF", traceID: "ffff", spanID: "x" }] }),
  );
  assert.equal(found.roots[0].links.length, 1);
});

test("folding hides what lies below", () => {
  const { roots } = traceOf(JOB);
  assert.deepEqual(
    visibleRows(roots, new Set(["job"])).map(({ span: { id } }) => id),
    ["root", "job"],
  );
});

test("a trace without spans is no error", () => {
  assert.equal(traceOf(trace()).duration, 0);
  assert.equal(summaryOf(trace()).spans, 0);
});

test("deep and wide traces do not overflow", () => {
  const deep = Array.from({ length: 2_000 }, (_, at) => span(`s${at}`, at > 0 ? `s${at - 1}` : null, at, 1));
  assert.equal(visibleRows(traceOf(trace(...deep)).roots, new Set()).at(-1).depth, 1_999);
  const wide = Array.from({ length: 10_000 }, (_, at) => span(`s${at}`, at > 0 ? "s0" : null, at, 1));
  assert.equal(visibleRows(traceOf(trace(...wide)).roots, new Set()).length, 10_000);
});

test("facts name the job, the cost and that the device is simulated", () => {
  const found = new Map(facts(traceOf(JOB)).map((fact) => [fact.name, fact]));
  assert.equal(found.get("Job").value, "01J");
  assert.match(found.get("Cost").value, /0\.0026/);
  assert.equal(found.get("Device").tone, "warning");
  assert.equal(found.get("Errors").value, "1");
  assert.equal(found.has("Customer"), false);
});

test("own time leaves out what children took, counted once where they overlap", () => {
  const found = traceOf(
    trace(span("a", null, 0, 1_000_000), span("b", "a", 0, 600_000), span("c", "a", 400_000, 400_000)),
  );
  const own = Object.fromEntries(selfTimes(found).map(({ name, seconds }) => [name, seconds]));
  assert.ok(Math.abs(own.a - 0.2) < 1e-9);
  assert.ok(Math.abs(own.b - 0.6) < 1e-9);
});

test("the ruler begins at zero and stays within the trace", () => {
  for (const total of [950, 21_600_000, 7_200_000_000]) {
    const found = marks(total);
    assert.equal(found[0].share, 0);
    assert.ok(found.length >= 2 && found.every(({ share }) => share <= 1.0001));
  }
  assert.equal(marks(0).length, 1);
});

test("keys walk, fold and open the tree", () => {
  const { roots } = traceOf(JOB);
  const folded = new Set();
  const open = new Set();
  const press = (key, at) => moved(key, visibleRows(roots, folded), at, folded, open);
  assert.equal(press("ArrowDown", "root"), "job");
  assert.equal(press("ArrowUp", "root"), "root");
  assert.equal(press("End", "root"), "animate");
  assert.equal(press("ArrowLeft", "animate"), "job");
  assert.equal(press("ArrowLeft", "job"), "job");
  assert.ok(folded.has("job"));
  assert.equal(press("ArrowRight", "job"), "job");
  assert.equal(press("ArrowRight", "job"), "decode");
  assert.equal(press("Enter", "decode"), "decode");
  assert.ok(open.has("decode"));
  assert.equal(press("Tab", "decode"), null);
});

test("a summary has the root's name, the whole length and the errors", () => {
  const found = summaryOf(JOB);
  assert.deepEqual([found.name, found.seconds, found.errors, found.job], ["root", 0.00095, 1, "01J"]);
  const older = { ...found, start: -1, seconds: 9 };
  assert.equal(ordered([older, found], "newest")[0], found);
  assert.equal(ordered([found, older], "longest")[0], older);
});

test("services keep their colours, and differ", () => {
  const a = serviceColors(["api", "worker", "shop"]);
  const b = serviceColors(["shop"]);
  assert.equal(new Set(a.values()).size, 3);
  assert.equal(a.get("shop"), b.get("shop"));
});

test("the search asks as Jaeger wants it", () => {
  const question = readForm("?service=api&min=500ms&errors=1", ["worker", "api"]);
  const asked = parameters(question, { from: 1000, to: 2000 });
  assert.deepEqual(asked, {
    service: "api",
    operation: "",
    minDuration: "500ms",
    tags: '{"error":"true"}',
    limit: "20",
    start: 1_000_000,
    end: 2_000_000,
  });
  assert.equal(readForm("", ["worker", "api"]).service, "api");
  assert.equal(readForm("", []).service, "");
});
