"""One span as the bytes of an OTLP `Span` message, written by hand.

Building protobuf objects in Python takes some 35 us a span and holds the interpreter for whole batches; these bytes
take a tenth of that. Spans with events, links, a trace state or array attributes are rare and left to the SDK's encoder.
A test compares both, field by field. Numbers in front of the fields are those of opentelemetry/proto/trace/v1/trace.proto.
"""

import struct
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan

from telemetry._secrets import redact

_FIXED64: Final = struct.Struct("<Q").pack
_DOUBLE: Final = struct.Struct("<d").pack
_FLAGS_HAS_REMOTE: Final = b"\x85\x01" + struct.pack("<I", 0x100)
_FLAGS_IS_REMOTE: Final = b"\x85\x01" + struct.pack("<I", 0x300)
_KEYS_KEPT: Final = 1024


def _long_varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_SMALL: Final = tuple(_long_varint(number) for number in range(1024))
_keys: Final[dict[str, bytes]] = {}


class NotPlain(Exception):  # noqa: N818 - no error: the other encoder takes over
    """The span has something that this encoder does not write."""


def varint(number: int) -> bytes:
    return _SMALL[number] if number < len(_SMALL) else _long_varint(number)


def delimited(tag: bytes, content: bytes) -> bytes:
    """Return a field of bytes, text or a message."""
    return tag + varint(len(content)) + content


def encode_plain(span: ReadableSpan) -> bytes:
    """Return a finished span's message, without secrets. Raises NotPlain."""
    context = span.context
    if context is None or span.events or span.links or context.trace_state:
        raise NotPlain
    parent = span.parent
    parts = [
        b"\x0a\x10",
        context.trace_id.to_bytes(16, "big"),
        b"\x12\x08",
        context.span_id.to_bytes(8, "big"),
        b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent else b"",
        delimited(b"\x2a", redact(span.name).encode("utf-8", "replace")),
        b"\x30" + varint(span.kind.value + 1),
        b"\x39" + _FIXED64(span.start_time or 0),
        b"\x41" + _FIXED64(span.end_time or 0),
    ]
    parts += [delimited(b"\x4a", _attribute(key, value)) for key, value in (span.attributes or {}).items()]
    for tag, dropped in (
        (b"\x50", span.dropped_attributes),
        (b"\x60", span.dropped_events),
        (b"\x70", span.dropped_links),
    ):
        if dropped:
            parts.append(tag + varint(dropped))
    parts.append(delimited(b"\x7a", _status(span)))
    parts.append(_FLAGS_IS_REMOTE if parent and parent.is_remote else _FLAGS_HAS_REMOTE)
    return b"".join(parts)


def _status(span: ReadableSpan) -> bytes:
    text, code = span.status.description, span.status.status_code.value
    message = delimited(b"\x12", redact(text).encode("utf-8", "replace")) if text else b""
    return message + (b"\x18" + varint(code) if code else b"")


def _attribute(key: str, value: Any) -> bytes:
    return _key(key) + delimited(b"\x12", _value(value))


def _key(key: str) -> bytes:
    encoded = _keys.get(key)
    if encoded is None:
        encoded = delimited(b"\x0a", key.encode("utf-8", "replace"))
        if len(_keys) < _KEYS_KEPT:
            _keys[key] = encoded
    return encoded


def _value(value: Any) -> bytes:
    kind = type(value)
    if kind is str:
        return delimited(b"\x0a", redact(value).encode("utf-8", "replace"))
    if kind is bool:
        return b"\x10\x01" if value else b"\x10\x00"
    if kind is int:
        return b"\x18" + varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    if kind is float:
        return b"\x21" + _DOUBLE(value)
    raise NotPlain
