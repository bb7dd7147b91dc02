"""Spans to OTLP bytes, without secrets: each when it ends, a batch of them when it is sent."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from telemetry._secret_attributes import Treatment, cut, treatment
from telemetry._secrets import redact
from telemetry.catalog import Attribute
from telemetry.traces._envelope import envelope
from telemetry.traces._message import encode_plain, encode_slim
from telemetry.traces._slim_span import SlimSpan
from telemetry.traces._wire import NotPlain, delimited, encode_pair


class EncodedSpan(NamedTuple):
    """A span's message, with what it has in common with others."""

    resource: Resource
    scope: InstrumentationScope | None
    message: bytes


def encode_span(span: ReadableSpan) -> EncodedSpan:
    """Return a finished span as bytes, so that nothing else of it has to be kept."""
    try:
        message = encode_slim(span) if type(span) is SlimSpan else encode_plain(span)
    except NotPlain:
        message = _encode_any(span)
    return EncodedSpan(span.resource, span.instrumentation_scope, message)


def with_reason(span: EncodedSpan, reason: str) -> EncodedSpan:
    """Return a span that says why it is exported although its trace was not sampled."""
    return span._replace(message=span.message + encode_pair(Attribute.KEPT, reason))


def encode_request(spans: Sequence[EncodedSpan]) -> bytes:
    """Return `spans` as one ExportTraceServiceRequest."""
    groups: dict[tuple[int, int], list[EncodedSpan]] = {}
    for span in spans:
        # Both are compared by identity: hashing a resource serializes all of its attributes.
        groups.setdefault((id(span.resource), id(span.scope)), []).append(span)
    return b"".join(_group(members) for members in groups.values())


def _group(spans: list[EncodedSpan]) -> bytes:
    """Return a ResourceSpans field: resource 1, scope_spans 2 (scope 1, spans 2, schema_url 3), schema_url 3."""
    common = envelope(spans[0].resource, spans[0].scope)
    scope_spans = b"".join(
        (
            delimited(b"\x0a", common.scope),
            *(delimited(b"\x12", span.message) for span in spans),
            delimited(b"\x1a", common.scope_schema),
        )
    )
    resource_spans = b"".join(
        (
            delimited(b"\x0a", common.resource),
            delimited(b"\x12", scope_spans),
            delimited(b"\x1a", common.resource_schema),
        )
    )
    return delimited(b"\x0a", resource_spans)


def _encode_any(span: ReadableSpan) -> bytes:
    # Loaded when a span needs it: protobuf takes 2 MB, and many services never have such a span.
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans  # noqa: PLC0415

    message = encode_spans([span]).resource_spans[0].scope_spans[0].spans[0]
    _redact_attributes(message.attributes)
    for event in message.events:
        event.name = redact(event.name)
        _redact_attributes(event.attributes)
    for link in message.links:
        _redact_attributes(link.attributes)
    message.name = redact(message.name)
    message.status.message = redact(message.status.message)
    return bytes(message.SerializeToString())


def _redact_attributes(attributes: Iterable[Any]) -> None:
    for attribute in attributes:
        _redact_value(attribute.value, treatment(attribute.key))


def _redact_value(value: Any, treat: Treatment) -> None:
    if value.HasField("string_value"):
        value.string_value = treat(value.string_value)
    elif value.HasField("array_value"):
        for item in value.array_value.values:
            _redact_value(item, treat)
    elif value.HasField("kvlist_value"):
        for pair in value.kvlist_value.values:
            _redact_value(pair.value, cut if treat is cut else treatment(pair.key))
