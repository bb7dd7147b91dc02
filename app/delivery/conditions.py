"""Conditional requests: RFC 9110, section 13."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

Verdict = Literal["proceed", "not modified", "failed"]

_TAG: Final = re.compile(r'(W/)?("[^"\x00-\x20\x7f]*")')
_WEAK: Final = "W/"


def judge(headers: Mapping[str, str], etag: str, modified: datetime | None = None) -> Verdict:
    """Return what a GET or HEAD with these headers wants of a representation with this entity tag and time."""
    if (wanted := headers.get("if-match")) is not None:
        if not _matches(wanted, etag, strongly=True):
            return "failed"
    elif _changed_since(headers.get("if-unmodified-since"), modified) is True:
        return "failed"
    if (known := headers.get("if-none-match")) is not None:
        return "not modified" if _matches(known, etag, strongly=False) else "proceed"
    return "not modified" if _changed_since(headers.get("if-modified-since"), modified) is False else "proceed"


def range_counts(headers: Mapping[str, str], etag: str, modified: datetime) -> bool:
    """Return whether `Range` is to be looked at: what `If-Range` names, if anything, is still the representation."""
    condition = headers.get("if-range")
    if condition is None:
        return True
    if '"' in condition:
        return _matches(condition, etag, strongly=True)
    return _moment(condition) == modified


def _matches(tags: str, etag: str, *, strongly: bool) -> bool:
    if tags.strip() == "*":
        return True
    if strongly and etag.startswith(_WEAK):
        return False
    present = etag.removeprefix(_WEAK)
    return any(tag == present and not (strongly and weak) for weak, tag in _TAG.findall(tags))


def _changed_since(date: str | None, modified: datetime | None) -> bool | None:
    """Return None where nothing is known or asked, or the date is none: such a header is ignored."""
    since = None if date is None else _moment(date)
    return None if since is None or modified is None else modified > since


def _moment(date: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
