"""Traces in the JSON of Jaeger's v3 query API, which is OTLP's: hex ids, numbers for enums, text for 64-bit numbers."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from opentelemetry.proto.trace.v1.trace_pb2 import Status

from stack.native.tracestore.proto import Json, json_of
from stack.native.tracestore.reader import StoredSpan, StoredTrace

_IDS: Final = ("traceId", "spanId", "parentSpanId")


def resource_spans(traces: Iterable[StoredTrace]) -> list[Json]:
    """Return the spans of the traces by resource and scope; those of one trace stay together."""
    return [group for trace in traces for group in _by_resource(trace.spans)]


def _by_resource(spans: list[StoredSpan]) -> list[Json]:
    groups: defaultdict[int, defaultdict[int, list[StoredSpan]]] = defaultdict(lambda: defaultdict(list))
    for stored in spans:
        groups[stored.resource_id][stored.scope_id].append(stored)
    return [
        {
            "resource": json_of(next(iter(scopes.values()))[0].resource),
            "scopeSpans": [
                {"scope": json_of(members[0].scope), "spans": [_span(stored) for stored in members]}
                for members in scopes.values()
            ],
        }
        for scopes in groups.values()
    ]


def _span(stored: StoredSpan) -> Json:
    span = json_of(stored.span)
    for holder in (span, *span.get("links", ())):
        for name in _IDS:
            if name in holder:
                holder[name] = base64.b64decode(holder[name]).hex()
    return span


def summary(trace: StoredTrace) -> Json:
    """Return what a list of traces shows of one; counts that are 0 and times stay as proto3 writes them."""
    spans = trace.spans
    known = {stored.span.span_id for stored in spans}
    services: dict[str, list[int]] = {}
    orphans = 0
    for stored in spans:
        counts = services.setdefault(stored.service, [0, 0])
        counts[0] += 1
        counts[1] += stored.span.status.code == Status.STATUS_CODE_ERROR
        orphans += any(stored.span.parent_span_id) and stored.span.parent_span_id not in known
    root = min(
        (stored for stored in spans if not any(stored.span.parent_span_id)),
        key=lambda stored: stored.span.start_time_unix_nano,
        default=None,
    )
    return {
        "traceId": trace.trace_id.hex(),
        "rootServiceName": root.service if root else "",
        "rootOperationName": root.span.name if root else "",
        "minStartTimeUnixNano": str(min(stored.span.start_time_unix_nano for stored in spans)),
        "maxEndTimeUnixNano": str(max(stored.span.end_time_unix_nano for stored in spans)),
        "spanCount": len(spans) + trace.left_out,
        "errorSpanCount": sum(errors for _, errors in services.values()),
        "orphanSpanCount": orphans,
        "services": [
            {"name": name, "spanCount": count, "errorSpanCount": errors}
            for name, (count, errors) in sorted(services.items())
        ],
    }
