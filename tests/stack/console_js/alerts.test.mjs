import assert from "node:assert/strict";
import test from "node:test";

import { alertsOf, runbookPath, summary } from "../../../stack/console/static/src/alerts/model.js";
import { labelKey, silencedOf } from "../../../stack/console/static/src/alerts/silenced.js";
import { ordered } from "../../../stack/console/static/src/shell/header.js";

const rule = (name, severity, states, more = {}) => ({
  type: "alerting",
  name,
  duration: 60,
  query: "up == 0",
  health: "ok",
  labels: { severity },
  annotations: {},
  alerts: states.map((state) => ({
    state,
    activeAt: "2026-11-21T12:00:00Z",
    value: "1e+00",
    labels: { alertname: name, severity, job: "api" },
    annotations: { summary: `${name}!`, runbook_url: `http://127.0.0.1:8080/runbooks/${name}` },
  })),
  ...more,
});
const rules = (...list) => ({ groups: [{ rules: [...list, { type: "recording", name: "x:y" }] }] });
const WATCHDOG = rule("Watchdog", "none", ["firing"]);

test("what fires comes first, pages before tickets", () => {
  const found = alertsOf(
    rules(
      rule("C", "page", []),
      rule("B", "ticket", ["firing"]),
      rule("A", "page", ["pending"]),
      rule("D", "page", ["firing"]),
      WATCHDOG,
    ),
  );
  assert.deepEqual(
    found.map(({ name }) => name),
    ["D", "B", "Watchdog", "A", "C"],
  );
});

test("an instance has its own labels, texts and value", () => {
  const [found] = alertsOf(rules(rule("A", "page", ["firing"])));
  assert.deepEqual(found.labels, { job: "api" });
  assert.equal(found.summary, "A!");
  assert.equal(found.value, 1);
  assert.equal(found.since, Date.UTC(2026, 10, 21, 12));
});

const LIGHTS = [
  ["nothing but the watchdog", [WATCHDOG, rule("A", "page", [])], "quiet", "All quiet"],
  ["a page", [WATCHDOG, rule("A", "page", ["firing", "firing"])], "page", "2 firing"],
  ["a ticket", [WATCHDOG, rule("A", "ticket", ["firing"])], "ticket", "1 firing"],
  ["something pending", [WATCHDOG, rule("A", "page", ["pending"])], "quiet", "All quiet"],
  ["a silent watchdog", [rule("Watchdog", "none", []), rule("A", "page", ["firing"])], "blind", "Rules not evaluated"],
  ["no rules", [], "blind", "Rules not evaluated"],
];
for (const [when, list, state, text] of LIGHTS) {
  test(`the light with ${when} is ${state}`, () =>
    assert.deepEqual(summary(alertsOf(rules(...list))), { state, text }));
}

test("the runbook is this console's own, whatever address the rule names", () => {
  assert.equal(
    runbookPath({ name: "A", runbook: "http://elsewhere/runbooks/ServiceDown#first" }),
    "/runbooks/ServiceDown",
  );
  assert.equal(runbookPath({ name: "A B", runbook: "" }), "/runbooks/A%20B");
});

test("suppressed alerts are known by all their labels", () => {
  const one = (instance, state) => ({ labels: { alertname: "A", instance }, status: { state } });
  const found = silencedOf([one("a:1", "suppressed"), one("b:1", "active")]);
  assert.ok(found.has(labelKey({ instance: "a:1", alertname: "A" })));
  assert.equal(found.has(labelKey({ instance: "b:1", alertname: "A" })), false);
});

test("known dashboards come in the order one reads them, others after", () => {
  const listed = ["gpu", "zoo", "overview", "art", "jobs"].map((name) => ({ uid: `plainview-${name}`, title: name }));
  assert.deepEqual(
    ordered(listed).map(({ title }) => title),
    ["overview", "jobs", "gpu", "art", "zoo"],
  );
});
