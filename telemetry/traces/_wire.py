"""The fields of a span's message that hold texts and numbers, as bytes; those that come again are kept."""

import struct
from collections.abc import Mapping
from typing import Any, Final

from telemetry._secret_attributes import treatment
from telemetry._secrets import redact, when_changed

_DOUBLE: Final = struct.Struct("<d").pack
_KEYS_KEPT: Final = 1024
_PAIRS_KEPT: Final = 4096
_LONG: Final = 256
#: The attributes that have the same few values in most spans.
_REPEATED_KEYS: Final = frozenset(
    {
        "client.address",
        "client.port",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "plainview.customer",
        "plainview.key.id",
        "plainview.operation",
        "plainview.role",
        "plainview.tier",
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
_SHORT: Final = 100
_keys: Final[dict[str, bytes]] = {}
_names: Final[dict[str, bytes]] = {}
_repeated: Final[dict[tuple[str, Any], bytes]] = {}
for _kept in (_names, _repeated):
    when_changed(_kept.clear)


class NotPlain(Exception):  # noqa: N818 - no error: the other encoder takes over
    """The span has something that this encoder does not write."""


def varint(number: int) -> bytes:
    return _SMALL[number] if number < len(_SMALL) else _long_varint(number)


def delimited(tag: bytes, content: bytes) -> bytes:
    """Return a field of bytes, text or a message."""
    return tag + varint(len(content)) + content


def encode_name(name: str) -> bytes:
    """Return a span's name as a field; kept, as a flood of other names only makes room for itself."""
    encoded = _names.get(name)
    if encoded is None:
        encoded = delimited(b"\x2a", redact(name).encode("utf-8", "replace"))
        _keep(_names, name, encoded)
    return encoded


def encode_attributes(attributes: Mapping[str, Any], parts: list[bytes]) -> None:
    """Append each attribute as a field. Raises NotPlain."""
    for pair in attributes.items():
        key, value = pair
        kind = type(value)
        # By the exact type: True and 1.0 equal 1, and would be found in its place.
        if key in _REPEATED_KEYS and (kind is str or kind is int):
            encoded = _repeated.get(pair)
            if encoded is None:
                encoded = encode_pair(key, value)
                _keep(_repeated, pair, encoded)
            parts.append(encoded)
        else:
            parts.append(encode_pair(key, value))


def _keep(kept: dict[Any, bytes], key: Any, encoded: bytes) -> None:
    if len(encoded) < _LONG:
        if len(kept) >= _PAIRS_KEPT:
            kept.clear()
        kept[key] = encoded


def encode_pair(key: str, value: Any) -> bytes:
    """Return an attribute as a field of a span's message; fields may follow one another in any order."""
    keyed = _keys.get(key) or _key(key)
    if type(value) is str:
        text = treatment(key)(value).encode("utf-8", "replace")
        size = len(text)
        if size < _SHORT and len(keyed) < _SHORT:  # every length is one byte then, and this is one concatenation
            short = _SMALL
            return b"".join(
                (b"\x4a", short[len(keyed) + size + 4], keyed, b"\x12", short[size + 2], b"\x0a", short[size], text)
            )
        return delimited(b"\x4a", keyed + delimited(b"\x12", delimited(b"\x0a", text)))
    return delimited(b"\x4a", keyed + delimited(b"\x12", _value(value)))


def _key(key: str) -> bytes:
    encoded = delimited(b"\x0a", key.encode("utf-8", "replace"))
    if len(_keys) < _KEYS_KEPT:
        _keys[key] = encoded
    return encoded


def _value(value: Any) -> bytes:
    kind = type(value)
    if kind is bool:
        return b"\x10\x01" if value else b"\x10\x00"
    if kind is int:
        return b"\x18" + varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    if kind is float:
        return b"\x21" + _DOUBLE(value)
    raise NotPlain
