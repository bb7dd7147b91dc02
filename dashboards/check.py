"""Finds what is wrong with a board before anybody looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dashboards.promql import QueryError, result_labels

_LEGEND_LABEL: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_PREAMBLE: Final = frozenset({"row", "text"})


def problems(dashboard: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each fault of a rendered dashboard, the panel named."""
    for panel in dashboard["panels"]:
        if panel["type"] in _PREAMBLE:
            continue
        where = f"{dashboard['uid']}: panel {panel['title']!r}"
        yield from (f"{where} {fault}" for fault in _faults(panel))


def _faults(panel: Mapping[str, Any]) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    missing = {
        "title": panel.get("title"),
        "description": panel.get("description"),
        "unit": defaults.get("unit"),
        "noValue (why it may be empty)": defaults.get("noValue"),
        "query": panel["targets"],
    }
    yield from (f"has no {name}" for name, value in missing.items() if not value)
    for target in panel["targets"]:
        yield from (f"query {target['refId']} {fault}" for fault in _query_faults(target))


def _query_faults(target: Mapping[str, Any]) -> Iterator[str]:
    try:
        labels = result_labels(target["expr"])
    except QueryError as error:
        yield str(error)
        return
    for label in _LEGEND_LABEL.findall(target["legendFormat"]):
        if labels is None or label not in labels:
            yield f"shows {{{{{label}}}}} in its legend, but the result has {', '.join(sorted(labels or ())) or 'no label'}"
