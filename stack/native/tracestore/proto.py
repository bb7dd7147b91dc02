"""Protobuf behind typed functions: the library itself brings no types."""

from __future__ import annotations

from typing import Any, TypeAlias

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status as RpcStatus  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = [
    "MALFORMED",
    "Json",
    "Message",
    "json_of",
    "request",
    "request_from_json",
    "resource",
    "rpc_status",
    "scope",
    "span",
]

Json: TypeAlias = dict[str, Any]

#: What the functions below raise for bytes or JSON that are not what they should be.
MALFORMED = (DecodeError, ParseError)

# Attributes are turned back into JSON, one level of Python calls for each level of nesting.
_MAX_DEPTH = 40


def request(payload: bytes) -> ExportTraceServiceRequest:
    message: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(payload)
    return message


def request_from_json(content: Json) -> ExportTraceServiceRequest:
    """Return the request in protobuf's JSON; unknown fields are ignored, as OTLP wants it."""
    message = ExportTraceServiceRequest()
    ParseDict(content, message, ignore_unknown_fields=True, max_recursion_depth=_MAX_DEPTH)
    return message


def span(payload: bytes) -> Span:
    message: Span = Span.FromString(payload)
    return message


def resource(payload: bytes) -> Resource:
    message: Resource = Resource.FromString(payload)
    return message


def scope(payload: bytes) -> InstrumentationScope:
    message: InstrumentationScope = InstrumentationScope.FromString(payload)
    return message


def rpc_status(code: int, message: str) -> Message:
    """Return the body of an OTLP error."""
    return RpcStatus(code=code, message=message)


def json_of(message: Message) -> Json:
    """Return protobuf's JSON, with numbers for enums as OTLP has them."""
    content: Json = MessageToDict(message, use_integers_for_enums=True)
    return content
