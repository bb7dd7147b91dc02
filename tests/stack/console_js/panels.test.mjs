import assert from "node:assert/strict";
import test from "node:test";

import { isEmpty } from "../../../stack/console/static/src/dashboard/fetch.js";
import { sections } from "../../../stack/console/static/src/dashboard/layout.js";
import { buckets, trimmed } from "../../../stack/console/static/src/panels/buckets.js";
import { fieldOf, show, valueColor } from "../../../stack/console/static/src/panels/field.js";
import { arc } from "../../../stack/console/static/src/panels/gauge.js";
import { option as heatmapOption, shade } from "../../../stack/console/static/src/panels/heatmap.option.js";
import { lines, lonely, valueAxis } from "../../../stack/console/static/src/panels/lines.js";
import { mapped } from "../../../stack/console/static/src/panels/mappings.js";
import { half, property } from "../../../stack/console/static/src/panels/palette.js";
import { nearest } from "../../../stack/console/static/src/panels/readout.js";
import { reduce } from "../../../stack/console/static/src/panels/reduce.js";
import { paths } from "../../../stack/console/static/src/panels/sparkline.js";
import { cellField, cellText, isNumber } from "../../../stack/console/static/src/panels/table.cells.js";
import { thresholdColor } from "../../../stack/console/static/src/panels/thresholds.js";
import { option } from "../../../stack/console/static/src/panels/timeseries.option.js";

const colors = (name) => name;
const series = (name, values, more = {}) => ({
  refId: "A",
  name,
  labels: {},
  times: values.map((_, at) => at * 1000),
  values,
  ...more,
});

const REDUCED = [
  ["lastNotNull", [1, 2, null], 2],
  ["last", [1, 2, null], null],
  ["first", [null, 2], null],
  ["firstNotNull", [null, 2], 2],
  ["min", [3, 1, null], 1],
  ["max", [3, 9, null], 9],
  ["sum", [3, 9, null], 12],
  ["mean", [3, 9, null], 6],
  ["median", [9, 1, 5, 7], 6],
  ["range", [3, 9], 6],
  ["diff", [9, 3], -6],
  ["delta", [5, 8, 2, 4], 7],
  ["count", [1, null], 2],
  ["invented", [1, 2], 2],
];
for (const [calc, values, expected] of REDUCED) {
  test(`${calc} of ${JSON.stringify(values)} is ${expected}`, () => assert.equal(reduce(values, calc), expected));
}

test("nothing is never zero", () => {
  for (const calc of ["lastNotNull", "sum", "mean", "min", "max", "range", "diff", "delta"])
    assert.equal(reduce([null, NaN], calc), null);
});

test("a value has the colour of the highest step it reaches", () => {
  const steps = [
    { color: "red", value: 1 },
    { color: "green", value: null },
    { color: "orange", value: 0.8 },
  ];
  const thresholds = { mode: "absolute", steps };
  assert.equal(thresholdColor(-5, thresholds), "green");
  assert.equal(thresholdColor(0.8, thresholds), "orange");
  assert.equal(thresholdColor(7, thresholds), "red");
  assert.equal(
    thresholdColor(
      5,
      {
        mode: "percentage",
        steps: [
          { color: "a", value: null },
          { color: "b", value: 50 },
        ],
      },
      { min: 0, max: 10 },
    ),
    "b",
  );
  assert.equal(thresholdColor(1, undefined), undefined);
});

test("mappings match by value, range, pattern and absence", () => {
  const by = (type, options) => [{ type, options }];
  assert.equal(mapped(0, by("value", { 0: { text: "Down" } })).text, "Down");
  assert.equal(mapped(5, by("range", { from: 1, to: 9, result: { text: "some" } })).text, "some");
  assert.equal(mapped(5, by("range", { from: null, to: 4, result: { text: "few" } })), undefined);
  assert.equal(mapped("abc", by("regex", { pattern: "/^a/", result: { text: "A" } })).text, "A");
  assert.equal(mapped(null, by("special", { match: "null+nan", result: { text: "none" } })).text, "none");
  assert.equal(mapped(NaN, by("special", { match: "nan", result: { text: "NaN!" } })).text, "NaN!");
});

test("overrides fit by name, names, pattern, query and type, the last one wins", () => {
  const config = {
    defaults: { unit: "s", custom: { fillOpacity: 8 } },
    overrides: [
      {
        matcher: { id: "byName", options: "p95" },
        properties: [{ id: "color", value: { mode: "fixed", fixedColor: "red" } }],
      },
      { matcher: { id: "byRegexp", options: "/^p/" }, properties: [{ id: "custom.fillOpacity", value: 0 }] },
      { matcher: { id: "byFrameRefID", options: "B" }, properties: [{ id: "unit", value: "bytes" }] },
    ],
  };
  const p95 = fieldOf(config, { name: "p95", refId: "A" });
  assert.equal(p95.color.fixedColor, "red");
  assert.equal(p95.custom.fillOpacity, 0);
  assert.equal(fieldOf(config, { name: "x", refId: "B" }).unit, "bytes");
  assert.equal(
    fieldOf(config, { name: "x", refId: "A" }).custom.fillOpacity,
    8,
    "an override does not leak into the defaults",
  );
});

test("a missing value shows the reason that the panel gives", () => {
  assert.equal(show(null, { noValue: "No GPU on this host", unit: "bytes" }), "No GPU on this host");
  assert.equal(show(null, {}), "–");
});

test("a mapping's colour goes before the thresholds", () => {
  const field = {
    color: { mode: "thresholds" },
    thresholds: { steps: [{ value: null, color: "green" }] },
    mappings: [{ type: "value", options: { 0: { text: "Down", color: "red" } } }],
  };
  assert.equal(valueColor(0, field), "red");
  assert.equal(valueColor(1, field), "green");
  assert.equal(valueColor(null, field), undefined);
});

test("a label that looks like a mapped value is still a label", () => {
  const config = { defaults: { mappings: [{ type: "value", options: { 0: { text: "Lost", color: "red" } } }] } };
  const index = { name: "index", type: "string", values: ["0"] };
  const state = { name: "Value", type: "number", values: [0] };
  assert.equal(cellText("0", index, cellField(config, index)), "0");
  assert.equal(cellText(0, state, cellField(config, state)), "Lost");
});

test("colour names of dashboards are properties of the page, others stay", () => {
  assert.equal(property("green"), "--green");
  assert.equal(property("dark-red"), "--red");
  assert.equal(property("super-light-blue"), "--blue-light");
  assert.equal(property("#7eb26d"), "#7eb26d");
});

test("a pair of colours gives the one of the scheme", () => {
  assert.equal(half("light-dark(#fff, #000)", true), "#000");
  assert.equal(half("light-dark(#fff, #000)", false), "#fff");
  assert.equal(half("12px", true), "12px");
});

test("series of one panel differ in colour", () => {
  const drawn = lines(
    ["a", "b", "c", "d", "e", "f"].map((name) => series(name, [1])),
    { defaults: { color: { mode: "palette-classic-by-name" } } },
    colors,
  );
  assert.equal(new Set(drawn.map(({ color }) => color)).size, 6);
});

test("stacked series raise the axis to their sum", () => {
  const config = { defaults: { custom: { stacking: { mode: "normal" } } } };
  const drawn = lines([series("a", [3, 3]), series("b", [4, null])], config, colors);
  assert.equal(valueAxis(drawn, { ticks: 4 }).max, 8);
  assert.equal(valueAxis(lines([series("a", [3, 3]), series("b", [4, null])], {}, colors), { ticks: 4 }).max, 4);
});

test("only points between two gaps are lonely", () => {
  assert.deepEqual([...lonely([1, null, 2, null, 3, 4])], [0, 2]);
});

test("gaps stay gaps, and a hidden series is not drawn", () => {
  const drawn = lines([series("a", [1, null, 3]), series("b", [1, 1, 1])], { defaults: { unit: "s" } }, colors);
  const base = { lines: drawn, exemplars: [], range: { from: 0, to: 2000 }, size: { width: 400, height: 200 }, colors };
  const {
    series: [first, ...rest],
  } = option({ ...base, off: new Set(["b"]) });
  assert.deepEqual(first.data, [
    [0, 1],
    [1000, null],
    [2000, 3],
  ]);
  assert.equal(first.connectNulls, false);
  assert.equal(rest.length, 0);
});

test("series of one name are drawn apart", () => {
  const drawn = lines([series("a", [1, 2]), series("a", [3, 4])], {}, colors);
  const base = { exemplars: [], range: { from: 0, to: 1000 }, off: new Set(), size: { width: 400, height: 200 }, colors };
  const { series: all } = option({ ...base, lines: drawn });
  assert.equal(new Set(all.map(({ id }) => id)).size, 2);
});

test("an exemplar above the axis is drawn at its top and keeps its trace", () => {
  const drawn = lines([series("p95", [0.1, 0.2, 0.1])], { defaults: { unit: "s" } }, colors);
  const exemplar = { time: 1000, value: 60, traceId: "abc", labels: {} };
  const drawing = {
    lines: drawn,
    exemplars: [exemplar],
    range: { from: 0, to: 2000 },
    off: new Set(),
    size: { width: 400, height: 200 },
    colors,
  };
  const {
    series: all,
    yAxis: [axis],
  } = option(drawing);
  const [mark] = all.at(-1).data;
  assert.deepEqual(mark.value, [1000, axis.max]);
  assert.ok(axis.max < 1);
  assert.equal(mark.traceId, "abc");
});

test("cumulative buckets become counts, never negative", () => {
  const le = (bound, values) => series(bound, values, { labels: { le: bound } });
  const found = buckets([le("+Inf", [9, 4]), le("0.5", [2, 3]), le("1.0", [6, 2])]);
  assert.deepEqual(found.bounds, [0.5, 1, Infinity]);
  assert.deepEqual(found.counts, [
    [2, 3],
    [4, 0],
    [3, 2],
  ]);
});

test("empty buckets at the ends are left out", () => {
  const all = { times: [0], bounds: [1, 2, 3, 4, 5], counts: [[0], [0], [7], [0], [0]] };
  assert.deepEqual(trimmed(all).bounds, [2, 3]);
});

test("the fullest cell is darkest, and the emptiest is seen", () => {
  assert.equal(shade(100, 100), 5);
  assert.equal(shade(0.001, 100), 0);
  const {
    series: [cells],
  } = heatmapOption({
    buckets: { times: [0], bounds: [1], counts: [[4]] },
    exemplars: [],
    range: { from: 0, to: 1 },
    step: 1,
    unit: "s",
    size: { width: 100, height: 100 },
    colors,
  });
  assert.deepEqual(cells.data, [[0, 0, 4]]);
});

test("the nearest sample is found", () => {
  assert.equal(nearest([0, 10, 20], 14), 1);
  assert.equal(nearest([0, 10, 20], 16), 2);
  assert.equal(nearest([0, 10, 20], -5), 0);
  assert.equal(nearest([], 5), null);
});

test("a sparkline breaks at gaps and needs two points", () => {
  assert.equal(paths([1, 2, null, 3, 4]).length, 2);
  assert.deepEqual(paths([1]), []);
  assert.ok(paths([5, 5]).flat(2).every(Number.isFinite));
});

test("arcs of more than half a circle take the long way", () => {
  assert.match(arc(40, -120, 120), / 0 1 1 /);
  assert.match(arc(40, -120, 0), / 0 0 1 /);
});

test("rows hold the panels below them, counted from the row", () => {
  const at = (id, type, y, more = {}) => ({ id, type, gridPos: { x: 0, y, w: 24, h: 1 }, ...more });
  const found = sections([
    at(4, "stat", 6),
    at(1, "row", 0, { title: "One" }),
    at(2, "stat", 1),
    at(3, "row", 5, { title: "Two", collapsed: true, panels: [at(5, "text", 6)] }),
  ]);
  assert.deepEqual(
    found.map(({ title, panels }) => [title, panels.map(({ id }) => id)]),
    [
      ["One", [2]],
      ["Two", [5, 4]],
    ],
  );
  assert.equal(found[0].panels[0].gridPos.y, 0);
  assert.equal(found[1].collapsed, true);
});

test("panels above the first row have a section of their own", () => {
  const found = sections([{ id: 1, type: "stat", gridPos: { x: 0, y: 0, w: 3, h: 4 } }]);
  assert.equal(found[0].id, null);
});

test("a panel of nulls is empty, one of zeros is not", () => {
  const panel = { id: 1, type: "stat", gridPos: { x: 0, y: 0, w: 1, h: 1 } };
  assert.equal(isEmpty(panel, { series: [series("a", [null, NaN])] }), true);
  assert.equal(isEmpty(panel, { series: [series("a", [0])] }), false);
  assert.equal(
    isEmpty(
      { ...panel, type: "table" },
      { frames: [{ refId: "A", columns: [{ name: "x", type: "string", values: [] }] }] },
    ),
    true,
  );
});

test("what is counted in whole numbers has no tick between them", () => {
  const config = { defaults: { unit: "short", decimals: 0, min: 0 } };
  const axis = valueAxis(lines([series("a", [0, 1])], config, colors), { ticks: 4 });
  assert.deepEqual([axis.interval, axis.max], [1, 1]);
  const share = { defaults: { unit: "percentunit", decimals: 0, min: 0 } };
  assert.ok(valueAxis(lines([series("a", [0, 1])], share, colors), { ticks: 4 }).interval < 1);
});

test("a number that stands for a word is aligned like one", () => {
  const column = { name: "State", type: "number", values: [1] };
  assert.ok(isNumber(column, { custom: { align: "auto" } }));
  assert.ok(!isNumber(column, { custom: { align: "left" } }));
});
