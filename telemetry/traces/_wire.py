"""One span as the bytes of an OTLP `Span` message, written by hand.

Building protobuf objects in Python takes some 35 us a span and holds the interpreter for whole batches; these bytes
take a tenth of that. Spans with events, links, a trace state or array attributes are rare and left to the SDK's encoder.
A test compares both, field by field. Numbers in front of the fields are those of opentelemetry/proto/trace/v1/trace.proto.
"""

import struct
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, Status, StatusCode

from telemetry._secrets import redact

_FIXED64: Final = struct.Struct("<Q").pack
_DOUBLE: Final = struct.Struct("<d").pack
_FLAGS_HAS_REMOTE: Final = b"\x85\x01" + struct.pack("<I", 0x100)
_FLAGS_IS_REMOTE: Final = b"\x85\x01" + struct.pack("<I", 0x300)
_UNSET: Final = b"\x7a\x00"
_KEYS_KEPT: Final = 1024
_PAIRS_KEPT: Final = 4096
_LONG: Final = 256
_KEPT_TYPES: Final = frozenset({str, int})
#: Names of spans ("") and the attributes that have the same few values in most spans.
_REPEATED_KEYS: Final = frozenset(
    {
        "",
        "client.address",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "plainview.customer",
        "plainview.operation",
        "server.address",
        "server.port",
        "url.scheme",
        "user_agent.original",
    }
)


def _long_varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_SMALL: Final = tuple(_long_varint(number) for number in range(1024))
_keys: Final[dict[str, bytes]] = {}
_repeated: Final[dict[tuple[str, Any], bytes]] = {}
_KINDS: Final = {kind: b"\x30" + _SMALL[kind.value + 1] for kind in SpanKind}


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
    parent, status = span.parent, span.status
    parts = [
        b"\x0a\x10",
        context.trace_id.to_bytes(16, "big"),
        b"\x12\x08",
        context.span_id.to_bytes(8, "big"),
        b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent else b"",
        _repeated.get(("", span.name)) or _kept(("", span.name), _name(span.name)),
        _KINDS[span.kind],
        b"\x39",
        _FIXED64(span.start_time or 0),
        b"\x41",
        _FIXED64(span.end_time or 0),
    ]
    attributes: Any = span.attributes
    for pair in attributes.copy().items():  # of the plain dict within: looking each one up costs as much as encoding it
        # By the exact type: True and 1.0 equal 1, and would be found in its place.
        kept = _repeated.get(pair) if type(pair[1]) in _KEPT_TYPES else None
        parts.append(kept or _kept(pair, encode_pair(*pair)))
    if span.dropped_attributes or span.dropped_events or span.dropped_links:
        parts += _dropped(span)
    parts.append(_UNSET if status.status_code is StatusCode.UNSET else delimited(b"\x7a", _status(status)))
    parts.append(_FLAGS_IS_REMOTE if parent and parent.is_remote else _FLAGS_HAS_REMOTE)
    return b"".join(parts)


def encode_pair(key: str, value: Any) -> bytes:
    """Return an attribute as a field of a span's message; fields may follow one another in any order."""
    return delimited(b"\x4a", _attribute(key, value))


def _kept(pair: tuple[str, Any], encoded: bytes) -> bytes:
    """Keep the bytes of what comes again with the next spans; a flood of other values only makes room for itself."""
    if pair[0] in _REPEATED_KEYS and type(pair[1]) in _KEPT_TYPES and len(encoded) < _LONG:
        if len(_repeated) >= _PAIRS_KEPT:
            _repeated.clear()
        _repeated[pair] = encoded
    return encoded


def _name(name: str) -> bytes:
    return delimited(b"\x2a", redact(name).encode("utf-8", "replace"))


def _dropped(span: ReadableSpan) -> list[bytes]:
    counts = (b"\x50", span.dropped_attributes), (b"\x60", span.dropped_events), (b"\x70", span.dropped_links)
    return [tag + varint(dropped) for tag, dropped in counts if dropped]


def _status(status: Status) -> bytes:
    text, code = status.description, status.status_code.value
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
