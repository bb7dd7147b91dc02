"""The time of day, always aware and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return this host's time."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Return `moment` in RFC 3339 with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
