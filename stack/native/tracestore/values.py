"""OTLP attribute values as text and as JSON."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

# Beyond this nesting a value is shown as cut off: attributes come from outside.
_MAX_DEPTH = 20


def as_text(value: AnyValue) -> str:  # noqa: PLR0911 - one return for each type
    """Return the value as Jaeger compares and shows it: text as it is, the rest as JSON writes it."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "int_value":
            return str(value.int_value)
        case "double_value":
            return float_text(value.double_value)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "array_value" | "kvlist_value":
            return json.dumps(as_json(value), ensure_ascii=False, separators=(",", ":"))
        case _:
            return ""


def as_json(value: AnyValue, depth: int = 0) -> Any:  # noqa: PLR0911 - as above
    """Return the value as plain Python, ready for JSON; numbers that JSON lacks become text."""
    if depth > _MAX_DEPTH:
        return "..."
    match value.WhichOneof("value"):
        case "array_value":
            return [as_json(item, depth + 1) for item in value.array_value.values]
        case "kvlist_value":
            return {item.key: as_json(item.value, depth + 1) for item in value.kvlist_value.values}
        case "int_value":
            return value.int_value
        case "bool_value":
            return value.bool_value
        case "double_value":
            return finite(value.double_value)
        case None:
            return None
        case _:
            return as_text(value)


def finite(number: float) -> float | str:
    """Return the number, or its name where JSON has no way to write it (NaN, Infinity, -Infinity)."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")


def float_text(number: float) -> str:
    """Return the shortest text of the number; whole numbers come without a fraction, as Go writes them."""
    number_or_name = finite(number)
    if isinstance(number_or_name, str):
        return number_or_name
    whole = number == int(number) and abs(number) < 1e21  # noqa: PLR2004 - where Go changes to exponents
    return str(int(number)) if whole else repr(number)
