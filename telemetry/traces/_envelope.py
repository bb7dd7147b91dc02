"""What the spans of a batch have in common, as bytes: the messages of their resource and of their scope."""

from typing import Any, NamedTuple

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import INVALID_SPAN_CONTEXT

from telemetry.traces._wire import NotPlain, delimited, encode_pair


class Envelope(NamedTuple):
    """The messages `Resource` and `InstrumentationScope` of OTLP, and the URLs of their schemas."""

    resource: bytes
    resource_schema: bytes
    scope: bytes
    scope_schema: bytes


def envelope(resource: Resource, scope: InstrumentationScope | None) -> Envelope:
    try:
        return Envelope(
            _attributes(b"\x0a", resource.attributes),
            (resource.schema_url or "").encode(),
            _scope(scope) if scope else b"",
            ((scope.schema_url if scope else None) or "").encode(),
        )
    except NotPlain:
        return _by_the_sdk(resource, scope)


def _scope(scope: InstrumentationScope) -> bytes:
    name, version = scope.name.encode("utf-8", "replace"), (scope.version or "").encode("utf-8", "replace")
    return delimited(b"\x0a", name) + delimited(b"\x12", version) + _attributes(b"\x1a", scope.attributes or {})


def _attributes(tag: bytes, attributes: Any) -> bytes:
    # The same message as in a span, where its field has another number.
    return b"".join(tag + encode_pair(key, value)[1:] for key, value in attributes.items())


class _Empty(ReadableSpan):
    """A span of a given resource and scope, to have these two encoded by the SDK."""

    def get_span_context(self) -> Any:
        return INVALID_SPAN_CONTEXT


def _by_the_sdk(resource: Resource, scope: InstrumentationScope | None) -> Envelope:
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import (  # noqa: PLC0415 - see _encode
        encode_spans,
    )

    whole = encode_spans([_Empty("", resource=resource, instrumentation_scope=scope)]).resource_spans[0]
    part = whole.scope_spans[0]
    return Envelope(
        whole.resource.SerializeToString(),
        whole.schema_url.encode(),
        part.scope.SerializeToString(),
        part.schema_url.encode(),
    )
