"""Colours and thresholds of the house: the same thing has the same colour on every dashboard."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any, Final

GOOD: Final = "green"
WARN: Final = "orange"
BAD: Final = "red"
NEUTRAL: Final = "blue"
MUTED: Final = "#8e8e9a"

Steps = tuple[tuple[float | None, str], ...]

PLAIN: Final[Steps] = ((None, NEUTRAL),)
LOW_IS_BAD: Final[Steps] = ((None, BAD), (1.0, GOOD))
ZERO_IS_GOOD: Final[Steps] = ((None, GOOD), (1.0, BAD))


def rising(warn: float, bad: float) -> Steps:
    """Return steps for a value that is good when small."""
    return ((None, GOOD), (warn, WARN), (bad, BAD))


def falling(bad: float, warn: float) -> Steps:
    """Return steps for a value that is good when large: below `bad` red, below `warn` orange."""
    return ((None, BAD), (bad, WARN), (warn, GOOD))


#: Legend to colour, for series that mean the same wherever they are drawn.
SERIES_COLOURS: Final = MappingProxyType(
    {
        "p50": "blue",
        "p90": "orange",
        "p95": "orange",
        "p99": "red",
        "alert above": "dark-red",
        "budget": "orange",
        "limit": "dark-red",
        "refused above": "red",
        "spent": "purple",
        "used": "blue",
        "with a result": "green",
        "forecast": "blue",
        "cards": MUTED,
        "jobs": "purple",
        "of the last hour": "purple",
        "of the last day": MUTED,
        "total": MUTED,
        "2xx": "green",
        "3xx": "blue",
        "4xx": "orange",
        "5xx": "red",
        "submitted": "blue",
        "finished": "green",
        "lost": "red",
        "real": "green",
        "simulated": "yellow",
        "queued": "blue",
        "running": "green",
        "oldest": "blue",
        "bill": "orange",
        "metered": "purple",
        "today": "purple",
        "this month": "dark-purple",
        "exported": "green",
        "dropped": "red",
        "waiting": "blue",
        "expected wait": "blue",
        "possible": MUTED,
        "full": MUTED,
    }
)

#: Values of a label to colours, for legends that show that label alone.
VALUE_COLOURS: Final = MappingProxyType(
    {
        "outcome": {
            "succeeded": "green",
            "failed": "red",
            "cancelled": MUTED,
            "delivered": "green",
            "abandoned": "dark-red",
            "accepted": "green",
        },
        "kind": {
            "job": "purple",
            "retry": "orange",
            "failed": "red",
            "cancelled": MUTED,
            "idle": "yellow",
            "overhead": "dark-yellow",
        },
        "tier": {"anonymous": MUTED, "standard": "blue", "premium": "purple"},
        "stage": {"inspect": "yellow", "decode": "blue", "animate": "purple", "encode": "orange", "store": "green"},
        "level": {
            "debug": MUTED,
            "info": "blue",
            "warning": "orange",
            "error": "red",
            "critical": "dark-red",
        },
        "device": {"gpu": "green", "cpu": "blue", "simulated": "yellow"},
        "job": {
            "api": "blue",
            "worker": "purple",
            "notifier": "orange",
            "console": "green",
            "prometheus": "red",
            "alertmanager": "yellow",
        },
    }
)


def overrides(legends: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return Grafana field overrides that give the named series among `legends` their colours."""
    found: dict[str, str] = {}
    for legend in legends:
        label = re.fullmatch(r"\{\{(\w+)\}\}", legend)
        if label:
            found |= VALUE_COLOURS.get(label[1], {})
        elif legend in SERIES_COLOURS:
            found[legend] = SERIES_COLOURS[legend]
    return [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"fixedColor": colour, "mode": "fixed"}}],
        }
        for name, colour in sorted(found.items())
    ]
