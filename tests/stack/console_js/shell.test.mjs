import assert from "node:assert/strict";
import test from "node:test";

import { limit } from "../../../stack/console/static/src/limit.js";
import { match } from "../../../stack/console/static/src/router.js";

const ROUTES = [
  ["/", "dashboard", {}],
  ["/d/plainview-gpu", "dashboard", { uid: "plainview-gpu" }],
  ["/d/plainview-gpu/gpu", "dashboard", { uid: "plainview-gpu" }],
  ["/traces", "traces", {}],
  ["/trace/4bf92f3577b34da6a3ce929d0e0e4736", "trace", { id: "4bf92f3577b34da6a3ce929d0e0e4736" }],
  ["/alerts", "alerts", {}],
  ["/runbooks", "runbooks", {}],
  ["/runbooks/Service%20Down", "runbook", { name: "Service Down" }],
  ["/sign-in", "sign-in", {}],
  ["/trace/nothex!", "missing", {}],
  ["/elsewhere", "missing", {}],
];
for (const [path, name, params] of ROUTES) {
  test(`${path} is ${name}`, () => assert.deepEqual(match(path), { name, params }));
}

test("no more than the limit runs at once, in order, failures included", async () => {
  const queue = limit(2);
  let running = 0;
  let most = 0;
  const order = [];
  const task = (name) => async () => {
    running += 1;
    most = Math.max(most, running);
    order.push(name);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (name === "b") throw new Error("b failed");
    return name;
  };
  const results = await Promise.allSettled(["a", "b", "c", "d"].map((name) => queue(task(name))));
  assert.equal(most, 2);
  assert.deepEqual(order, ["a", "b", "c", "d"]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
});
