"""Parameters of the query APIs: times, durations, tags and trace ids."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from stack.native.tracestore.errors import BadQuery

_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_HEX: Final = re.compile(r"[0-9a-fA-F]{1,32}\Z")
_RFC3339: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)\Z", re.IGNORECASE)
_LATEST: Final = 2**63 - 1
_LATEST_FLOAT: Final = float(2**63 - 1024)  # the largest that is not above it


def go_duration(name: str, text: str) -> int:
    """Return nanoseconds of a Go duration such as `1.2s`, `100ms` or `1h30m`; "" is 0."""
    if text in ("", "0"):
        return 0
    parts = list(_PART.finditer(text))
    if "".join(part[0] for part in parts) != text:
        message = f"unable to parse param '{name}': {text!r} is not a duration such as 1.2s, 100ms or 1h30m"
        raise BadQuery(message)
    # The bound comes first: digits without end are infinity, which cannot be rounded.
    return round(min(_LATEST_FLOAT, sum(float(part[1]) * _UNITS[part[2]] for part in parts)))


def whole(name: str, text: str, default: int) -> int:
    """Return a whole number, `default` for ""."""
    if not text:
        return default
    try:
        return int(text)
    except ValueError as error:
        message = f"unable to parse param '{name}': {text[:40]!r} is not a whole number"
        raise BadQuery(message) from error


def instant(name: str, text: str) -> int:
    """Return nanoseconds since 1970 of an RFC 3339 time."""
    if not (match := _RFC3339.match(text)):
        message = f"malformed parameter {name}: {text[:40]!r} is not a time such as 2026-01-31T12:00:00Z"
        raise BadQuery(message)
    seconds, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(seconds + zone.upper().replace("Z", "+00:00"))
    except ValueError as error:
        message = f"malformed parameter {name}: {error}"
        raise BadQuery(message) from error
    found = round(moment.timestamp()) * 10**9 + int((fraction or "0").ljust(9, "0"))
    return max(-_LATEST, min(_LATEST, found))


def trace_id(text: str) -> bytes:
    """Return the 16 bytes of a trace id: hexadecimal without its leading zeros or with, or base64."""
    if _HEX.match(text):
        return bytes.fromhex(text.rjust(32, "0"))
    if len(text) <= 24:  # noqa: PLR2004 - 16 bytes in base64
        padded = text.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            found = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
        except (binascii.Error, ValueError):
            found = b""
        if len(found) in (8, 16):
            return found.rjust(16, b"\0")
    message = f"{text[:80]!r} is not a trace id: expected up to 32 hexadecimal digits, or 16 bytes in base64"
    raise BadQuery(message)


def tags(simple: Iterable[str], maps: Iterable[str]) -> dict[str, str]:
    """Return the pairs of `tag=key:value` and `tags={"key": "value"}` parameters together."""
    pairs: dict[str, str] = {}
    for item in simple:
        key, colon, value = item.partition(":")
        if not colon:
            message = f"malformed 'tag' parameter, expecting key:value, received: {item}"
            raise BadQuery(message)
        pairs[key] = value
    for item in maps:
        pairs |= tag_map("tags", item)
    return pairs


def tag_map(name: str, text: str) -> dict[str, str]:
    """Return a JSON map of strings."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"malformed '{name}' parameter, cannot unmarshal JSON: {error}"
        raise BadQuery(message) from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        message = f"malformed '{name}' parameter: expected a JSON map of strings, received: {text[:80]}"
        raise BadQuery(message)
    if not all(_is_text(word) for pair in found.items() for word in pair):
        message = f"malformed '{name}' parameter: a key or value is not valid Unicode"
        raise BadQuery(message)
    return found


def _is_text(word: str) -> bool:
    """Say whether the word can be stored: JSON may hold half of a surrogate pair."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
