"""OTLP request bodies: protobuf and JSON."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from stack.native.tracestore import proto
from stack.native.tracestore.errors import BadBody, UnsupportedMedia

Media = Literal["application/x-protobuf", "application/json"]


def media_type(content_type: str) -> Media:
    """Return which of OTLP's two forms a Content-Type header names.

    Raises:
        UnsupportedMedia: it names neither.
    """
    match content_type.partition(";")[0].strip().lower():
        case "application/x-protobuf" | "application/protobuf":
            return "application/x-protobuf"
        case "application/json":
            return "application/json"
        case other:
            message = f"content-type is {other!r}: application/x-protobuf and application/json are understood"
            raise UnsupportedMedia(message)


def decode(body: bytes, media: Media) -> ExportTraceServiceRequest:
    """Return the request in `body`, already unpacked.

    Raises:
        BadBody: it is not an OTLP trace request.
    """
    try:
        if media == "application/json":
            return _from_json(body)
        return proto.request(body)
    except (*proto.MALFORMED, UnicodeDecodeError, RecursionError, ValueError) as error:
        message = f"the body is not an OTLP trace request in {media}: {error or type(error).__name__}"
        raise BadBody(message) from error


def _from_json(body: bytes) -> ExportTraceServiceRequest:
    content = json.loads(body)
    if not isinstance(content, dict):
        message = f"expected an object, got {type(content).__name__}"
        raise BadBody(message)
    for span in _spans(content):
        _rewrite_ids(span, "traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
        for link in _dicts(span.get("links")):
            _rewrite_ids(link, "traceId", "spanId", "trace_id", "span_id")
    return proto.request_from_json(content)


def _spans(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        span
        for resource in _dicts(content.get("resourceSpans", content.get("resource_spans")))
        for scope in _dicts(resource.get("scopeSpans", resource.get("scope_spans")))
        for span in _dicts(scope.get("spans"))
    ]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _rewrite_ids(item: dict[str, Any], *names: str) -> None:
    """Turn hex ids into base64: OTLP/JSON writes ids in hex, protobuf's JSON expects bytes as base64."""
    for name in names:
        if isinstance(value := item.get(name), str):
            try:
                item[name] = base64.b64encode(binascii.unhexlify(value)).decode()
            except binascii.Error as error:
                message = f"{name} is {value[:40]!r}: expected hexadecimal digits"
                raise BadBody(message) from error
