"""Dashboards as code: `python -m dashboards build` writes them, Grafana and the console read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict

__all__ = ["Summary", "directory", "listing", "load"]


class Summary(TypedDict):
    """What a list of dashboards shows of each."""

    uid: str
    title: str
    description: str
    tags: list[str]


def directory() -> Path:
    """Return the folder that holds the generated JSON files and nothing else."""
    return Path(__file__).parent / "generated"


def load(uid: str) -> dict[str, Any]:
    """Return the dashboard with this uid as generated.

    Raises:
        KeyError: there is no such dashboard.
    """
    for dashboard in _all():
        if dashboard["uid"] == uid:
            return dashboard
    raise KeyError(uid)


def listing() -> list[Summary]:
    """Return the dashboards in the order in which they are meant to be read."""
    return [
        Summary(uid=each["uid"], title=each["title"], description=each["description"], tags=each["tags"])
        for each in _all()
    ]


def _all() -> list[dict[str, Any]]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in directory().glob("*.json")]
    # The overview comes first wherever dashboards are listed; the others by title.
    return sorted(found, key=lambda each: (each["uid"] != "plainview-overview", each["title"]))
