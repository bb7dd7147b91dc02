"""The time of day, always aware and in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*")


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


def _written_out(moment: object) -> object:
    # A number would be seconds since 1970, or milliseconds.
    if not isinstance(moment, datetime) and not (isinstance(moment, str) and _DATE_TIME.fullmatch(moment)):
        raise ValueError("should be a moment in RFC 3339, such as 2026-11-21T12:00:00Z")
    return moment


#: A moment with its offset from UTC, as a caller gives it, turned into UTC.
MomentInUtc = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
