"""Traces in the JSON of Jaeger's v1 query API (jaeger 2.20, internal/uimodel)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from stack.native.tracestore.proto import Json
from stack.native.tracestore.reader import StoredSpan, StoredTrace
from stack.native.tracestore.rows import service_name
from stack.native.tracestore.tags import KINDS
from stack.native.tracestore.values import as_text, finite

# Whole numbers beyond this lose digits in JavaScript and go out as text.
_SAFE_INTEGER: Final = 2**53 - 1


def trace_json(trace: StoredTrace) -> Json:
    """Return a trace as Jaeger's `data[]` holds it."""
    processes: dict[int, str] = {}
    spans = [_span(trace.trace_id, stored, processes) for stored in trace.spans]
    resources = {stored.resource_id: stored.resource for stored in trace.spans}
    warnings = [f"{trace.left_out} more spans of this trace are left out"] if trace.left_out else None
    return {
        "traceID": trace_id_text(trace.trace_id),
        "spans": spans,
        "processes": {name: _process(resources[row_id]) for row_id, name in processes.items()},
        "warnings": warnings,
    }


def trace_id_text(trace_id: bytes) -> str:
    """Return 32 hexadecimal digits, 16 where the upper half is zero."""
    text = trace_id.hex()
    return text[16:] if len(text) == 32 and not any(trace_id[:8]) else text  # noqa: PLR2004 - as above


def _span(trace_id: bytes, stored: StoredSpan, processes: dict[int, str]) -> Json:
    span = stored.span
    flags = {"flags": span.flags} if span.flags else {}
    return {
        "traceID": trace_id_text(trace_id),
        "spanID": span.span_id.hex(),
        **flags,
        "operationName": span.name,
        "references": _references(span),
        "startTime": span.start_time_unix_nano // 1000,
        "duration": max(0, span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
        "tags": _tags(span, stored.scope),
        "logs": [{"timestamp": event.time_unix_nano // 1000, "fields": _fields(event)} for event in span.events],
        "processID": processes.setdefault(stored.resource_id, f"p{len(processes) + 1}"),
        "warnings": None,
    }


def _process(resource: Resource) -> Json:
    tags = (attribute for attribute in resource.attributes if attribute.key != "service.name")
    return {"serviceName": service_name(resource), "tags": [_tag(attribute) for attribute in tags]}


def _references(span: Span) -> list[Json]:
    """Return the parent first, then the links; a link to the parent says of which type that reference is."""
    references: dict[tuple[bytes, bytes], str] = {}
    if any(span.parent_span_id):
        references[span.trace_id, span.parent_span_id] = "CHILD_OF"
    for link in span.links:
        references[link.trace_id, link.span_id] = _reference_type(link)
    return [
        {"refType": kind, "traceID": trace_id_text(trace_id), "spanID": span_id.hex()}
        for (trace_id, span_id), kind in references.items()
    ]


def _reference_type(link: Span.Link) -> str:
    child = any(item.key == "opentracing.ref_type" and as_text(item.value) == "child_of" for item in link.attributes)
    return "CHILD_OF" if child else "FOLLOWS_FROM"


def _tags(span: Span, scope: InstrumentationScope) -> list[Json]:
    named = {"otel.scope.name": scope.name, "otel.scope.version": scope.version}
    tags = [_text(key, value) for key, value in named.items() if value]
    tags.extend(_tag(attribute) for attribute in span.attributes)
    if 0 < span.kind < len(KINDS):
        tags.append(_text("span.kind", KINDS[span.kind]))
    if span.status.code == Status.STATUS_CODE_OK:
        tags.append(_text("otel.status_code", "OK"))
    elif span.status.code == Status.STATUS_CODE_ERROR:
        tags.append(_text("otel.status_code", "ERROR"))
        tags.append({"key": "error", "type": "bool", "value": True})
    if span.status.message:
        tags.append(_text("otel.status_description", span.status.message))
    if span.trace_state:
        tags.append(_text("w3c.tracestate", span.trace_state))
    return tags


def _fields(event: Span.Event) -> list[Json]:
    named = event.name and all(attribute.key != "event" for attribute in event.attributes)
    return ([_text("event", event.name)] if named else []) + _all(event.attributes)


def _all(attributes: Iterable[KeyValue]) -> list[Json]:
    return [_tag(attribute) for attribute in attributes]


def _text(key: str, value: str) -> Json:
    return {"key": key, "type": "string", "value": value}


def _tag(attribute: KeyValue) -> Json:
    kind, value = _typed(attribute.value)
    return {"key": attribute.key, "type": kind, "value": value}


def _typed(value: AnyValue) -> tuple[str, Any]:
    match value.WhichOneof("value"):
        case "bool_value":
            return "bool", value.bool_value
        case "int_value":
            number = value.int_value
            return "int64", number if abs(number) <= _SAFE_INTEGER else str(number)
        case "double_value":
            return "float64", finite(value.double_value)
        case "bytes_value":
            return "binary", base64.b64encode(value.bytes_value).decode()
        case _:
            return "string", as_text(value)
