import assert from "node:assert/strict";
import test from "node:test";

import { labelValues, valuesOf } from "../../../stack/console/static/src/dashboard/variables.js";
import { exemplars } from "../../../stack/console/static/src/promql/exemplars.js";
import { interpolate } from "../../../stack/console/static/src/promql/interpolate.js";
import { seriesName } from "../../../stack/console/static/src/promql/legend.js";
import { atEnd, instantSeries, rangeSeries, sampleValue } from "../../../stack/console/static/src/promql/results.js";

const WINDOWS = { step: 30, rateWindow: 60, range: 3600 };

test("Grafana's own variables become durations", () => {
  const expr = "rate(a[$__rate_interval]) + rate(b[${__interval}]) + increase(c[$__range]) * $__interval_ms";
  assert.equal(interpolate(expr, WINDOWS), "rate(a[60s]) + rate(b[30s]) + increase(c[3600s]) * 30000");
});

test("a name that is no variable stays", () => {
  assert.equal(interpolate('x{a="$unknown"}', WINDOWS), 'x{a="$unknown"}');
  assert.equal(interpolate('x{a=~"b.*$"}', WINDOWS), 'x{a=~"b.*$"}');
});

test("several values become one regular expression, escaped", () => {
  assert.equal(interpolate('x{j=~"$job"}', WINDOWS, { job: ["api", "a.b"] }), 'x{j=~"(api|a\\\\.b)"}');
  assert.equal(interpolate('x{j=~"${job:regex}"}', WINDOWS, { job: "a+b" }), 'x{j=~"a\\\\+b"}');
});

test("a value cannot leave its quotes", () => {
  assert.equal(interpolate('x{j="$job"}', WINDOWS, { job: 'a"} or y{b="' }), 'x{j="a\\"} or y{b=\\""}');
});

test("legends name series by their labels", () => {
  const labels = { __name__: "up", job: "api", instance: "a:1" };
  assert.equal(seriesName(labels, "{{job}} at {{ instance }}"), "api at a:1");
  assert.equal(seriesName(labels, "{{nope}}"), "");
  assert.equal(seriesName(labels), 'up{job="api", instance="a:1"}');
  assert.equal(seriesName({ job: "api" }, "__auto"), "api");
  assert.equal(seriesName({}, "", "value"), "value");
});

test("missing steps are null, not joined and not zero", () => {
  const data = {
    resultType: "matrix",
    result: [
      {
        metric: { job: "api" },
        values: [
          [0, "1"],
          [60, "NaN"],
          [90, "+Inf"],
        ],
      },
    ],
  };
  const [series] = rangeSeries(data, { from: 0, to: 90_000, step: 30 }, { refId: "A", legendFormat: "{{job}}" });
  assert.equal(series.name, "api");
  assert.deepEqual(series.times, [0, 30_000, 60_000, 90_000]);
  assert.deepEqual(series.values, [1, null, null, Infinity]);
});

test("an instant vector and a scalar both give one point", () => {
  const vector = { resultType: "vector", result: [{ metric: { a: "b" }, value: [5, "7"] }] };
  assert.deepEqual(instantSeries(vector, { refId: "A" })[0].values, [7]);
  const scalar = { resultType: "scalar", result: [5, "3"] };
  assert.deepEqual(instantSeries(scalar, { refId: "A" })[0].values, [3]);
});

test("Prometheus' words for numbers are understood", () => {
  assert.equal(sampleValue("+Inf"), Infinity);
  assert.equal(sampleValue("-Inf"), -Infinity);
  assert.ok(Number.isNaN(sampleValue("NaN")));
  assert.equal(sampleValue("1e-05"), 0.00001);
});

test("exemplars keep the slowest of each slice, and only those that lead to a trace", () => {
  const one = (timestamp, value, traceId) => ({
    labels: traceId ? { trace_id: traceId } : {},
    value: String(value),
    timestamp,
  });
  const data = [
    {
      seriesLabels: { le: "1" },
      exemplars: [one(1, 0.2, "a"), one(2, 0.9, "b"), one(55, 0.1, "c"), one(56, 5, ""), one(500, 1, "d")],
    },
  ];
  const found = exemplars(data, { from: 0, to: 60_000 }, 6);
  assert.deepEqual(
    found.map(({ traceId }) => traceId),
    ["b", "c"],
  );
});

test("label_values is taken apart", () => {
  assert.deepEqual(labelValues('label_values(up{job="a,b"}, instance)'), {
    selector: 'up{job="a,b"}',
    label: "instance",
  });
  assert.deepEqual(labelValues("label_values(job)"), { selector: "", label: "job" });
  assert.equal(labelValues("query_result(up)"), null);
});

test("a variable takes the address's value, then its default, then the first choice", () => {
  const variable = { name: "job", type: "query", multi: false };
  const list = (more) => [{ variable: { ...variable, ...more }, choices: ["api", "worker"] }];
  assert.deepEqual(valuesOf(list({}), { job: ["worker"] }), { job: "worker" });
  assert.deepEqual(valuesOf(list({ current: { value: "worker" } }), {}), { job: "worker" });
  assert.deepEqual(valuesOf(list({}), {}), { job: "api" });
  assert.deepEqual(valuesOf(list({ includeAll: true, multi: true }), {}), { job: ["api", "worker"] });
  assert.deepEqual(valuesOf(list({ includeAll: true, allValue: ".+" }), { job: ["$__all"] }), { job: ".+" });
});

test("a value of now stands at the end of a chart's grid, and one that is not known nowhere", () => {
  const grid = { from: 0, to: 20_000, step: 10 };
  const now = (text) => instantSeries({ resultType: "vector", result: [{ metric: {}, value: [20, text] }] }, { refId: "A" })[0];
  assert.deepEqual(atEnd(now("3"), grid).values, [null, null, 3]);
  assert.deepEqual(atEnd(now("NaN"), grid).values, [null, null, null]);
  assert.deepEqual(atEnd(now("3"), grid).times, [0, 10_000, 20_000]);
});
