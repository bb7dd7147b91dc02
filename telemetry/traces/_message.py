# ruff: noqa: SLF001 - a slim span is read field by field: every property would cost as much as what it returns
"""One span as the bytes of an OTLP `Span` message, written by hand.

Building protobuf objects in Python takes some 35 us a span and holds the interpreter for whole batches; these bytes
take a twentieth of that. Spans with events, links, a trace state or array attributes are rare and left to the SDK's
encoder. A test compares both, field by field. Numbers in front of the fields are those of
opentelemetry/proto/trace/v1/trace.proto.
"""

import struct
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, Status, StatusCode

from telemetry._secrets import redact
from telemetry.traces._shared import SharedAttributes
from telemetry.traces._slim_span import UNSET, SlimSpan
from telemetry.traces._wire import NotPlain, delimited, encode_attributes, encode_name, varint

_TIMES: Final = struct.Struct("<cQcQ").pack
_FLAGS_HAS_REMOTE: Final = b"\x85\x01" + struct.pack("<I", 0x100)
_FLAGS_IS_REMOTE: Final = b"\x85\x01" + struct.pack("<I", 0x300)
_UNSET: Final = b"\x7a\x00"
_KINDS: Final = {kind: b"\x30" + varint(kind.value + 1) for kind in SpanKind}
_SERVER: Final = _KINDS[SpanKind.SERVER]


def encode_slim(span: SlimSpan) -> bytes:
    """Return the message of a slim span that has ended, without secrets. Raises NotPlain."""
    attributes, context, parent, status = span.plain(), span._context, span._parent, span._status
    if attributes is None or context is None or context.trace_state:
        raise NotPlain
    parts = [
        b"\x0a\x10",
        context.trace_id.to_bytes(16, "big"),
        b"\x12\x08",
        context.span_id.to_bytes(8, "big"),
        b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent else b"",
        encode_name(span._name),
        _SERVER if span._kind is SpanKind.SERVER else _KINDS[span._kind],  # an enum's hash is slow
        _TIMES(b"\x39", span._start_time, b"\x41", span._end_time),
    ]
    for part in attributes:
        if type(part) is SharedAttributes:
            parts.append(part.encoded)
        else:
            encode_attributes(part.copy(), parts)  # a thread that comes late may still be writing
    parts.append(_UNSET if status is UNSET else delimited(b"\x7a", _status(status)))
    parts.append(_FLAGS_IS_REMOTE if parent and parent.is_remote else _FLAGS_HAS_REMOTE)
    return b"".join(parts)


def encode_plain(span: ReadableSpan) -> bytes:
    """Return a finished span's message, without secrets. Raises NotPlain."""
    context = span.context
    if context is None or span.events or span.links:
        raise NotPlain
    parent, status = span.parent, span.status
    if context.trace_state:
        raise NotPlain
    parts = [
        b"\x0a\x10",
        context.trace_id.to_bytes(16, "big"),
        b"\x12\x08",
        context.span_id.to_bytes(8, "big"),
        b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent else b"",
        encode_name(span.name),
        _KINDS[span.kind],
        _TIMES(b"\x39", span.start_time or 0, b"\x41", span.end_time or 0),
    ]
    attributes: Any = span.attributes
    encode_attributes(attributes.copy(), parts)  # the plain dict within: each look-up costs as much as encoding it
    if span.dropped_attributes or span.dropped_events or span.dropped_links:
        parts += _dropped(span)
    parts.append(_UNSET if status.status_code is StatusCode.UNSET else delimited(b"\x7a", _status(status)))
    parts.append(_FLAGS_IS_REMOTE if parent and parent.is_remote else _FLAGS_HAS_REMOTE)
    return b"".join(parts)


def _dropped(span: ReadableSpan) -> list[bytes]:
    counts = (b"\x50", span.dropped_attributes), (b"\x60", span.dropped_events), (b"\x70", span.dropped_links)
    return [tag + varint(dropped) for tag, dropped in counts if dropped]


def _status(status: Status) -> bytes:
    text, code = status.description, status.status_code.value
    message = delimited(b"\x12", redact(text).encode("utf-8", "replace")) if text else b""
    return message + (b"\x18" + varint(code) if code else b"")
