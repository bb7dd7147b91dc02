"""What every line carries, whoever logged it."""

import logging
import os
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry import trace

from telemetry.context import SCOPE

Fields = MutableMapping[str, Any]


def timestamp(seconds: float | None = None) -> str:
    """Return a time (now without one) as RFC 3339 in UTC with microseconds."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def common(level: str, event: str, logger: str, service: str) -> dict[str, Any]:
    """Return the fields that begin every line; ids and customer are left out where there are none."""
    fields: dict[str, Any] = {
        "timestamp": timestamp(),
        "level": level,
        "event": event,
        "logger": logger,
        "service": service,
        "pid": os.getpid(),
    }
    scope = SCOPE.get()
    if scope is not None and scope.request_id is not None:
        fields["request_id"] = scope.request_id
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        fields["trace_id"] = format(span.trace_id, "032x")
        fields["span_id"] = format(span.span_id, "016x")
    if scope is not None:
        fields.update(scope.fields)
    return fields


# A field of an event that is called like one of these would hide it, so it gets a trailing underscore.
_RESERVED: Final = frozenset({"timestamp", "level", "event", "logger", "service", "pid"})
_CARRIER: Final = frozenset({"event", "_record", "_from_structlog"})


class AddCommon:
    """A structlog processor that puts the common fields in front of the event's own."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: Any, _name: str, fields: Fields) -> Fields:
        record: logging.LogRecord = fields["_record"]
        line = common(record.levelname.lower(), str(fields.get("event", "")), record.name, self._service)
        for name, value in fields.items():
            if name not in _CARRIER:
                line[f"{name}_" if name in _RESERVED else name] = value
        return line
