"""Boards of a user's own: their queries checked against the catalog and the entries of the user's modules."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboards.promql import QueryError, result_labels
from telemetry import catalog
from telemetry.catalog import Metric


class Unusable(ValueError):  # noqa: N818 - says what happened
    """A module or a file that cannot be read; the text says why."""


def faults(board: Path, modules: Sequence[str]) -> Iterator[str]:
    """Yield one line for each query of `board` that names what nobody exports, or joins what can never match.

    Args:
        board: a dashboard as Grafana exports it.
        modules: names of modules with `Metric` entries, found in the current folder too.

    Raises:
        Unusable: the file is no dashboard, or a module cannot be imported or declares nothing.
    """
    known = catalog.series_of(metric for module in modules for metric in _entries(module))
    for panel in _panels(_read(board)):
        for target in panel.get("targets") or ():
            try:
                result_labels(target.get("expr") or "", known)
            except QueryError as error:
                yield f"{board}: panel {panel.get('title')!r} query {target.get('refId')} {error}"


def _entries(module: str) -> list[Metric]:
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found = [value for value in vars(importlib.import_module(module)).values() if isinstance(value, Metric)]
    except Exception as error:
        raise Unusable(f"--catalog {module} cannot be imported: {type(error).__name__}: {error}") from error
    if not found:
        raise Unusable(f"--catalog {module} declares no telemetry.Metric")
    return found


def _read(board: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(board.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{board} cannot be read: {error}") from error
    dashboard = content.get("dashboard", content) if isinstance(content, dict) else None
    if not isinstance(dashboard, dict) or not isinstance(dashboard.get("panels"), list):
        raise Unusable(f"{board} is no dashboard: it has no list of panels")
    return dashboard


def _panels(board: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels") or ()  # of a collapsed row
