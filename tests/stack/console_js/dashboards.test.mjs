import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { sections } from "../../../stack/console/static/src/dashboard/layout.js";
import { interpolate } from "../../../stack/console/static/src/promql/interpolate.js";
import { property } from "../../../stack/console/static/src/panels/palette.js";
import { PANELS } from "../../../stack/console/static/src/panels/registry.js";

const ROOT = new URL("../../../", import.meta.url);
const GENERATED = new URL("dashboards/generated/", ROOT);
const TOKENS = readFileSync(new URL("stack/console/static/styles/tokens.css", ROOT), "utf8");
const UNITS = readFileSync(new URL("stack/console/static/src/format/units.js", ROOT), "utf8");
const WINDOWS = { step: 15, rateWindow: 60, range: 3600 };

const panels = (list) =>
  list.flatMap((panel) => [panel, ...panels(panel.panels ?? [])]).filter(({ type }) => type !== "row");
const colours = (value) =>
  Array.isArray(value)
    ? value.flatMap(colours)
    : value && typeof value === "object"
      ? Object.entries(value).flatMap(([key, item]) =>
          ["color", "fixedColor"].includes(key) && typeof item === "string" ? [item] : colours(item),
        )
      : [];

for (const file of readdirSync(GENERATED).filter((name) => name.endsWith(".json"))) {
  const dashboard = JSON.parse(readFileSync(new URL(file, GENERATED), "utf8"));
  const all = panels(dashboard.panels);

  test(`${file}: every panel is of a type that the console draws`, () => {
    assert.deepEqual(
      all.map(({ type }) => type).filter((type) => !(type in PANELS)),
      [],
    );
  });

  test(`${file}: every panel is laid out once`, () => {
    assert.equal(sections(dashboard.panels).flatMap((section) => section.panels).length, all.length);
  });

  test(`${file}: no variable is left in a query`, () => {
    const left = all
      .flatMap(({ targets = [] }) => targets.map(({ expr }) => interpolate(expr, WINDOWS, {})))
      .filter((expr) => /\$\w|\$\{/.test(expr));
    assert.deepEqual(left, []);
  });

  test(`${file}: every colour is one of the page's or literal`, () => {
    const unknown = colours(all.map(({ fieldConfig }) => fieldConfig))
      .map(property)
      .filter((name) => (name.startsWith("--") ? !TOKENS.includes(`${name}:`) : !/^(#|rgb)/.test(name)));
    assert.deepEqual(unknown, []);
  });

  test(`${file}: every unit is known`, () => {
    const known = (unit) =>
      /^(suffix|prefix):|^(none|locale|string|percent|percentunit)$|^(currency|dateTime)/.test(unit) ||
      UNITS.includes(`${unit}:`);
    const units = all.map(({ fieldConfig }) => fieldConfig?.defaults?.unit).filter(Boolean);
    assert.deepEqual(
      [...new Set(units)].filter((unit) => !known(unit)),
      [],
    );
  });
}
