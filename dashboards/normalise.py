"""Turns grafanalib's output into the classic dashboard JSON that Grafana 10 to 13 and the console read.

grafanalib 0.7 targets Grafana 6 to 9: schema version 12, angular leftovers, thresholds and templates in
old shapes. The lists of keys below are the schema's, less what nobody sets; everything else is dropped.
"""

from __future__ import annotations

from typing import Any, Final

SCHEMA_VERSION: Final = 41

_DASHBOARD: Final = frozenset(
    {
        "annotations", "description", "editable", "graphTooltip", "links", "panels", "refresh", "schemaVersion",
        "tags", "templating", "time", "timepicker", "timezone", "title", "uid", "version",
    }
)  # fmt: skip
_PANEL: Final = frozenset(
    {
        "datasource", "description", "fieldConfig", "gridPos", "id", "links", "options", "targets", "title",
        "transformations", "type",
    }
)  # fmt: skip
_ROW: Final = frozenset({"collapsed", "gridPos", "id", "panels", "title", "type"})
_DEFAULTS: Final = frozenset({"color", "custom", "decimals", "mappings", "max", "min", "noValue", "thresholds", "unit"})
_TARGET: Final = frozenset(
    {"datasource", "editorMode", "exemplar", "expr", "format", "instant", "legendFormat", "range", "refId"}
)
_LEGACY_OPTIONS: Final = {
    "bargauge": frozenset({"fieldOptions", "showThresholdLabels", "showThresholdMarkers"}),
    "gauge": frozenset({"fieldOptions"}),
}
_LEGACY_CUSTOM: Final = frozenset({"displayMode", "filterable"})


def dashboard(body: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard with the schema's keys only, not editable, its panels normalised."""
    kept = _only(body, _DASHBOARD)
    return {
        **kept,
        "editable": False,
        "panels": [panel(each) for each in body["panels"]],
        "schemaVersion": SCHEMA_VERSION,
        "timepicker": {},
    }


def panel(body: dict[str, Any]) -> dict[str, Any]:
    """Return a panel or row with the schema's keys only."""
    if body["type"] == "row":
        return {**_only(body, _ROW), "panels": [panel(each) for each in body.get("panels", [])]}
    kept = _only(body, _PANEL)
    if body["type"] == "text":
        return {key: value for key, value in kept.items() if key not in {"datasource", "fieldConfig", "targets"}}
    defaults = _only(body["fieldConfig"]["defaults"], _DEFAULTS)
    if "custom" in defaults:
        defaults["custom"] = _without(defaults["custom"], _LEGACY_CUSTOM)
    return {
        **kept,
        "fieldConfig": {"defaults": defaults, "overrides": body["fieldConfig"].get("overrides", [])},
        "options": _without(body["options"], _LEGACY_OPTIONS.get(body["type"], frozenset())),
        "targets": [_only(target, _TARGET) for target in body["targets"]],
    }


def _only(body: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """Return the entries named in `keys` that say something; null means "use the default" and is left out."""
    return {key: value for key, value in body.items() if key in keys and value is not None}


def _without(body: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in keys and value is not None}
