"""The generated JSON is what Grafana's own schema describes: no key that Grafana does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parent / "schema"


def _schema(name: str, definition: str) -> dict[str, Any]:
    schema = json.loads((SCHEMAS / f"{name}.jsonschema.json").read_text())
    if name == "dashboard":
        # Grafana's type is "anything"; the schema made an object of it, although `byName` takes a string and
        # `mappings` a list.
        schema["definitions"]["MatcherConfig"]["properties"]["options"] = {}
        schema["definitions"]["DynamicConfigValue"]["properties"]["value"] = {}
    return {**schema, "$ref": f"#/definitions/{definition}"}


def _faults(instance: Any, schema: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft7Validator(schema)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(instance)]


def test_dashboard_is_of_the_schema(dashboard: dict[str, Any]) -> None:
    rows = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
    others = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    # One by one, because the schema's "panel or row" hides which of the two is wrong, and why.
    assert _faults({**dashboard, "panels": []}, _schema("dashboard", "Dashboard")) == []
    for panel in others:
        assert _faults(panel, _schema("dashboard", "Panel")) == [], panel["title"]
    for row in rows:
        assert _faults(row, _schema("dashboard", "RowPanel")) == [], row["title"]


def test_options_are_of_the_panel_types_schema(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            assert _faults(panel["options"], _schema(panel["type"], "Options")) == [], panel["title"]


def test_chart_settings_are_of_the_schema(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if panel["type"] == "timeseries":
            assert _faults(custom, _schema("timeseries", "GraphFieldConfig")) == [], panel["title"]
        if panel["type"] == "table":
            assert _faults(custom, _schema("table", "TableFieldOptions")) == [], panel["title"]


def test_queries_are_of_the_schema(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        for target in panel["targets"]:
            assert _faults(target, _schema("prometheus", "Dataquery")) == [], panel["title"]
