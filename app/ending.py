"""How long a process of the service may take to end, told without loading its settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

DRAIN: Final = timedelta(seconds=1)
GRACE: Final = timedelta(seconds=25)
#: What was given up is unwound, told to the database, and the last spans are sent.
_REST: Final = timedelta(seconds=10)


def ends_within(drain: timedelta = DRAIN, grace: timedelta = GRACE) -> timedelta:
    """Return how long whoever has told a process to stop should wait before killing it."""
    return drain + grace + _REST


def ends_within_by(environment: Mapping[str, str]) -> timedelta:
    """Return the same for a process with these variables; one that is no number stops its start, and counts as not set."""
    return ends_within(
        _seconds(environment, "PLAINVIEW_DRAIN_SECONDS", DRAIN),
        _seconds(environment, "PLAINVIEW_SHUTDOWN_GRACE_SECONDS", GRACE),
    )


def _seconds(environment: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    try:
        return timedelta(seconds=float(environment.get(name, "")))
    except (ValueError, OverflowError):
        return default
