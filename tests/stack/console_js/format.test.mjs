import assert from "node:assert/strict";
import test from "node:test";

import { niceAxis } from "../../../stack/console/static/src/format/axis.js";
import { ago, duration, parseDuration } from "../../../stack/console/static/src/format/duration.js";
import { tick } from "../../../stack/console/static/src/format/time.js";
import { format, parts } from "../../../stack/console/static/src/format/units.js";

const en = { locale: "en-US" };

const UNITS = [
  [0, "s", "0 s"],
  [0.0034, "s", "3.4 ms"],
  [0.9999, "s", "1 s"],
  [4.2e-7, "s", "420 ns"],
  [59.94, "s", "59.9 s"],
  [65, "s", "1 min 5 s"],
  [3600, "s", "1 h"],
  [273600, "s", "3 d 4 h"],
  [-90, "s", "−1 min 30 s"],
  [250, "ms", "250 ms"],
  [0, "bytes", "0 B"],
  [1536, "bytes", "1.5 KiB"],
  [85899345920, "bytes", "80 GiB"],
  [1500, "decbytes", "1.5 kB"],
  [0.0312, "percentunit", "3.12%"],
  [0.99953, "percentunit", "99.95%"],
  [1, "percentunit", "100%"],
  [42.5, "percent", "42.5%"],
  [12.34, "reqps", "12.3 req/s"],
  [1234, "ops", "1.23 kops/s"],
  [742000, "short", "742 K"],
  [7, "short", "7"],
  [12345, "none", "12,345"],
  [0, "currencyUSD", "$0.00"],
  [12.5, "currencyUSD", "$12.50"],
  [0.00019, "currencyUSD", "$0.00019"],
  [58.2, "celsius", "58.2 °C"],
  [410, "watt", "410 W"],
  [1_200_000, "joule", "1.2 MJ"],
  [1_755_000_000, "hertz", "1.76 GHz"],
  [1, "bool_yes_no", "Yes"],
  [0, "bool", "False"],
  [3, "suffix:jobs", "3 jobs"],
  [5, "furlong", "5 furlong"],
  [Infinity, "s", "+∞"],
];

for (const [value, unit, text] of UNITS) {
  test(`${value} in ${unit} reads ${text}`, () => assert.equal(format(value, unit, en), text));
}

test("decimals asked for are kept, zeros included", () => {
  assert.equal(format(4.8861, "currencyUSD", { ...en, decimals: 4 }), "$4.8861");
  assert.equal(format(0.5, "percentunit", { ...en, decimals: 1 }), "50.0%");
});

test("no decimals are meant for ones, not for thousands", () => {
  assert.equal(format(999.6, "short", { ...en, decimals: 0 }), "1 K");
  assert.equal(format(41.7, "short", { ...en, decimals: 0 }), "42");
  assert.equal(format(1350, "short", { ...en, decimals: 0 }), "1.35 K");
});

test("the unit is apart from the figure, but not from a compound one", () => {
  assert.deepEqual(parts(0.067, "s", en), { text: "67", suffix: "ms" });
  assert.deepEqual(parts(65, "s", en), { text: "1 min 5 s" });
});

test("a moment is told from now, and zero is never", () => {
  const now = Date.UTC(2026, 0, 1, 12);
  assert.equal(format(now - 300_000, "dateTimeFromNow", { ...en, now }), "5 min ago");
  assert.equal(format(0, "dateTimeFromNow", { ...en, now }), "never");
});

test("negative zero is zero", () => assert.equal(format(-0, "none", en), "0"));

test("rounding carries into the next unit", () => {
  assert.equal(duration(119.9), "2 min");
  assert.equal(duration(3599.9), "1 h");
  assert.equal(duration(86399.99), "1 d");
});

test("ago looks both ways", () => {
  assert.equal(ago(1_000_000, 1_000_500), "now");
  assert.equal(ago(0, 7200_000), "2 h ago");
  assert.equal(ago(90_000, 0), "in 1 min");
});

for (const [text, seconds] of [
  ["15s", 15],
  ["1h30m", 5400],
  ["250ms", 0.25],
  ["1.5s", 1.5],
  ["7d", 604800],
]) {
  test(`duration ${text} is ${seconds} s`, () => assert.equal(parseDuration(text), seconds));
}
for (const text of ["", "5", "s", "1h 3", "5x", "off"]) {
  test(`${JSON.stringify(text)} is no duration`, () => assert.ok(Number.isNaN(parseDuration(text))));
}

test("axes end on round figures of their unit", () => {
  assert.deepEqual(niceAxis(0, 0.93, "percentunit", 4), { min: 0, max: 1, interval: 0.25 });
  assert.deepEqual(niceAxis(0, 250, "s", 5), { min: 0, max: 300, interval: 60 });
  assert.equal(niceAxis(0, 43 * 1024 ** 3, "bytes", 4).interval % 1024 ** 3, 0);
});

test("an axis without extent still has one", () => {
  for (const [low, high] of [
    [0, 0],
    [5, 5],
    [-5, -5],
    [Infinity, -Infinity],
  ]) {
    const { min, max, interval } = niceAxis(low, high);
    assert.ok(max > min && interval > 0, `${low} to ${high} gave ${min} to ${max}`);
  }
});

test("time ticks are as short as the span allows", () => {
  const options = { locale: "en-GB", timeZone: "UTC" };
  const at = Date.UTC(2026, 10, 21, 9, 5, 7);
  assert.equal(tick(at, 60_000, options), "09:05:07");
  assert.equal(tick(at, 3600_000, options), "09:05");
  assert.equal(tick(at, 7 * 86400_000, options), "21 Nov");
});
