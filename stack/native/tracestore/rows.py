"""Spans of a request as rows to be written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from stack.native.tracestore.values import as_text

# What Jaeger shows for spans of a resource that says nothing about itself.
NO_SERVICE: Final = "OTLPResourceNoServiceName"

_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)
_LATEST: Final = 2**63 - 1


class Row(NamedTuple):
    """One span; names and payloads stand for themselves until the writer turns them into ids."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    kind: int
    status: int
    service: str
    operation: str
    resource: bytes
    scope: bytes
    start: int
    duration: int
    payload: bytes


@dataclass(slots=True)
class Rejected:
    """Spans that cannot be stored, with the first reason met."""

    count: int = 0
    reason: str = ""

    def add(self, reason: str, count: int = 1) -> None:
        self.count += count
        self.reason = self.reason or reason


@dataclass(slots=True)
class Batch:
    """What one request brings."""

    rejected: Rejected = field(default_factory=Rejected)
    rows: list[Row] = field(default_factory=list)


def batch(request: ExportTraceServiceRequest, max_span_bytes: int) -> Batch:
    """Return the rows of a request; spans that OTLP does not allow are counted, not stored."""
    result = Batch()
    result.rows.extend(_rows(request, max_span_bytes, result.rejected))
    return result


def _rows(request: ExportTraceServiceRequest, max_bytes: int, rejected: Rejected) -> Iterator[Row]:
    for resource_spans in request.resource_spans:
        resource = resource_spans.resource.SerializeToString()
        service = service_name(resource_spans.resource)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope.SerializeToString()
            if len(resource) + len(scope) > max_bytes:
                rejected.add(f"resource and scope are larger than {max_bytes} bytes", len(scope_spans.spans))
                continue
            for span in scope_spans.spans:
                payload = span.SerializeToString()
                if problem := _problem(span, payload, max_bytes):
                    rejected.add(problem)
                    continue
                start = span.start_time_unix_nano
                yield Row(
                    span.trace_id,
                    span.span_id,
                    span.parent_span_id if span.parent_span_id != _NO_SPAN else b"",
                    span.kind,
                    span.status.code,
                    service,
                    span.name,
                    resource,
                    scope,
                    start,
                    max(0, span.end_time_unix_nano - start),
                    payload,
                )


def service_name(resource: Resource) -> str:
    """Return `service.name`, or Jaeger's stand-in for a resource without one."""
    for attribute in resource.attributes:
        if attribute.key == "service.name":
            return as_text(attribute.value) or NO_SERVICE
    return NO_SERVICE


def _problem(span: Span, payload: bytes, max_bytes: int) -> str:
    trace_id, span_id = span.trace_id, span.span_id
    if len(trace_id) != len(_NO_TRACE) or trace_id == _NO_TRACE:
        return f"trace id {trace_id[:32].hex()!r} is not 16 bytes that are not all zero"
    if len(span_id) != len(_NO_SPAN) or span_id == _NO_SPAN:
        return f"span id {span_id[:32].hex()!r} is not 8 bytes that are not all zero"
    if len(span.parent_span_id) not in (0, len(_NO_SPAN)):
        return f"parent span id {span.parent_span_id[:32].hex()!r} is not 8 bytes"
    if max(span.start_time_unix_nano, span.end_time_unix_nano) > _LATEST:
        return "start or end is later than the year 2262"
    if len(payload) > max_bytes:
        return f"span is {len(payload)} bytes, more than {max_bytes}"
    return ""
