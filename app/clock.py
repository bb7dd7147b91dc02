"""The time of day, always aware and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def utc_now() -> datetime:
    """Return this host's time."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Return `moment` in RFC 3339 with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("should be in the years 1 to 9999 of UTC") from error


#: A moment with its offset from UTC, as a caller gives it, turned into UTC.
MomentInUtc = Annotated[AwareDatetime, AfterValidator(_in_utc)]
