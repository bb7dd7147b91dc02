import assert from "node:assert/strict";
import test from "node:test";

import { tableFrame } from "../../../stack/console/static/src/panels/frames.js";
import { sortedRows, transform } from "../../../stack/console/static/src/panels/transform.js";

const vector = (...rows) => ({
  resultType: "vector",
  result: rows.map(([metric, value]) => ({ metric, value: [100, String(value)] })),
});
const names = ({ columns }) => columns.map(({ name }) => name);
const column = ({ columns }, name) => columns.find((one) => one.name === name)?.values;

test("a query's table has time, its labels and its value", () => {
  const frame = tableFrame(
    vector([{ alertname: "A", severity: "page" }, 1], [{ alertname: "B" }, 2]),
    { refId: "A" },
    1,
  );
  assert.deepEqual(names(frame), ["Time", "alertname", "severity", "Value"]);
  assert.deepEqual(column(frame, "severity"), ["page", null]);
  assert.deepEqual(column(frame, "Time"), [100_000, 100_000]);
});

test("several queries keep their values apart", () => {
  assert.ok(names(tableFrame(vector([{}, 1]), { refId: "B" }, 2)).includes("Value #B"));
});

test("organize hides, orders and renames", () => {
  const options = {
    excludeByName: { Time: true },
    indexByName: { Value: 0, alertname: 1 },
    renameByName: { alertname: "Alert" },
  };
  const [frame] = transform(
    [tableFrame(vector([{ alertname: "A" }, 1]), { refId: "A" }, 1)],
    [{ id: "organize", options }],
  );
  assert.deepEqual(names(frame), ["Value", "Alert"]);
});

test("merge joins the rows that agree in their labels", () => {
  const frames = [
    tableFrame(vector([{ gpu: "0" }, 1], [{ gpu: "1" }, 2]), { refId: "A" }, 2),
    tableFrame(vector([{ gpu: "1" }, 20]), { refId: "B" }, 2),
  ];
  const [frame] = transform(frames, [{ id: "merge" }]);
  assert.deepEqual(column(frame, "Value #A"), [1, 2]);
  assert.deepEqual(column(frame, "Value #B"), [null, 20]);
});

test("joinByField joins by one column", () => {
  const frames = [
    tableFrame(vector([{ gpu: "0", model: "H100" }, 1]), { refId: "A" }, 2),
    tableFrame(vector([{ gpu: "0" }, 20]), { refId: "B" }, 2),
  ];
  const [frame] = transform(frames, [{ id: "joinByField", options: { byField: "gpu" } }]);
  assert.equal(names(frame)[0], "gpu");
  assert.deepEqual(column(frame, "Value #B"), [20]);
});

test("sortBy, limit and filterFieldsByName", () => {
  const frame = tableFrame(vector([{ a: "x" }, 1], [{ a: "y" }, 3], [{ a: "z" }, 2]), { refId: "A" }, 1);
  const [found] = transform(
    [frame],
    [
      { id: "sortBy", options: { sort: [{ field: "Value", desc: true }] } },
      { id: "limit", options: { limitField: 2 } },
      { id: "filterFieldsByName", options: { include: { names: ["a"] } } },
    ],
  );
  assert.deepEqual(names(found), ["a"]);
  assert.deepEqual(column(found, "a"), ["y", "z"]);
});

test("reduce gives a row for each value column", () => {
  const frame = { refId: "A", columns: [{ name: "v", type: "number", values: [1, 5, null] }] };
  const [found] = transform([frame], [{ id: "reduce", options: { reducers: ["max", "lastNotNull"] } }]);
  assert.deepEqual(
    found.columns.map(({ name, values }) => [name, ...values]),
    [
      ["Field", "v"],
      ["Max", 5],
      ["Last", 5],
    ],
  );
});

test("an unknown or disabled transformation changes nothing", () => {
  const frame = tableFrame(vector([{}, 1]), { refId: "A" }, 1);
  assert.deepEqual(
    transform(
      [frame],
      [{ id: "partitionByValues" }, { id: "organize", disabled: true, options: { excludeByName: { Value: true } } }],
    ),
    [frame],
  );
});

test("empty cells come last in either order, numbers in text sort as numbers", () => {
  const values = ["10", null, "9"];
  assert.deepEqual(sortedRows({ values }, false), [2, 0, 1]);
  assert.deepEqual(sortedRows({ values }, true), [0, 2, 1]);
});
