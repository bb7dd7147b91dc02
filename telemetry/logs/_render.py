"""Turns the fields of one event into one line."""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from telemetry._secrets import redact, redact_fields
from telemetry.logs._bounded import LONGEST_LINE, flat, shrunk

# `AddCommon` has made these, and fields of an event cannot take their names: there is no secret in them.
_OURS: Final = ("timestamp", "level", "logger", "service")


def json_line(fields: Mapping[str, Any]) -> str:
    """Return `fields` as one line of valid JSON, without secrets, whatever the values are."""
    safe = redact_fields(fields, besides=_OURS)
    try:
        text = _ENCODER.encode(safe)
    except (TypeError, ValueError, RecursionError):
        # Keys that are no strings, NaN: rare, so the slow way is only walked then.
        text = _ENCODER.encode(_plain(safe))
    return text if len(text) <= LONGEST_LINE else _fitting(_plain(safe))


def _fitting(fields: dict[str, Any]) -> str:
    small = shrunk(fields)
    text = _ENCODER.encode(small)
    return text if len(text) <= LONGEST_LINE else _ENCODER.encode(flat(small))


def _text(value: Any) -> str:
    try:
        return redact(str(value))
    except Exception as error:  # noqa: BLE001 - any __str__ may raise anything, and the line must still come
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | bool | int) else _text(value)


# Made once: `json.dumps` with options makes a new one for every line.
_ENCODER: Final = json.JSONEncoder(default=_text, allow_nan=False, separators=(",", ":"))
