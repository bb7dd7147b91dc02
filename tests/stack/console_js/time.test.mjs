import assert from "node:assert/strict";
import test from "node:test";

import { timeTicks } from "../../../stack/console/static/src/panels/timeaxis.js";
import { label, moment, resolve } from "../../../stack/console/static/src/time/range.js";
import { aligned, rateWindow, stepFor } from "../../../stack/console/static/src/time/step.js";
import { carriedSearch, changedSearch, readState } from "../../../stack/console/static/src/viewstate.js";

const NOW = Date.UTC(2026, 10, 21, 12);

test("relative, absolute and ISO moments are understood", () => {
  assert.equal(moment("now", NOW), NOW);
  assert.equal(moment("now-6h", NOW), NOW - 21_600_000);
  assert.equal(moment(String(NOW), 0), NOW);
  assert.equal(moment("2026-11-21T12:00:00Z", 0), NOW);
});

test("a range that is none becomes the last hour", () => {
  const hour = { from: NOW - 3600_000, to: NOW };
  assert.deepEqual(resolve({ from: "now", to: "now-1h" }, NOW), hour);
  assert.deepEqual(resolve({ from: "<script>", to: "now" }, NOW), hour);
});

test("presets have names, other ranges say what they are", () => {
  assert.equal(label({ from: "now-1h", to: "now" }, NOW), "Last hour");
  assert.equal(label({ from: "now-3h", to: "now" }, NOW), "Last 3h");
  assert.match(label({ from: String(NOW - 60_000), to: String(NOW) }, NOW), /–/);
});

test("a step is round and never finer than the scrapes", () => {
  assert.equal(stepFor(3600, 400, 5), 10);
  assert.equal(stepFor(300, 400, 15), 15);
  assert.equal(stepFor(7 * 86400, 400, 15), 1800);
});

test("the rate window holds four scrapes", () => {
  assert.equal(rateWindow(10, 5), 20);
  assert.equal(rateWindow(60, 15), 75);
});

test("a later refresh asks for the same points", () => {
  const first = aligned({ from: NOW - 3600_000 + 1234, to: NOW + 1234 }, 30);
  const second = aligned({ from: NOW - 3600_000 + 9876, to: NOW + 9876 }, 30);
  assert.deepEqual(first, second);
});

test("time ticks stand on round local times", () => {
  const ticks = timeTicks({ from: NOW + 61_000, to: NOW + 3600_000 }, 400, 0);
  assert.ok(ticks.length >= 3);
  assert.ok(ticks.every((time) => time % 600_000 === 0));
  const days = timeTicks({ from: NOW, to: NOW + 5 * 86400_000 }, 600, 480);
  assert.ok(
    days.every((time) => (time - 480 * 60_000) % 86400_000 === 0),
    "midnight where the reader is",
  );
});

test("the address holds the view's state", () => {
  const defaults = { from: "now-1h", to: "now", refresh: "10s" };
  assert.deepEqual(readState("", defaults), { ...defaults, values: {} });
  const state = readState("?from=now-6h&var-job=api&var-job=worker", defaults);
  assert.equal(state.from, "now-6h");
  assert.deepEqual(state.values, { job: ["api", "worker"] });
});

test("changes go into the address and leave the rest", () => {
  assert.equal(changedSearch("?a=1&from=x", { from: "now-6h", to: null }), "?a=1&from=now-6h");
  assert.equal(changedSearch("?from=x", { from: "" }), "");
  assert.equal(carriedSearch("?from=now-6h&var-x=1&service=api"), "?from=now-6h");
});
