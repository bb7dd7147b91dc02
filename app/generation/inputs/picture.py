"""Reads size and soundness of a picture from its container, without decoding a pixel.

Pillow would guard against bombs too, but only by warning at one fixed size, and its WebP reader takes memory for the
whole canvas on opening.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

_PNG_HEADER_BYTES: Final = 13
_PNG_CHUNKS: Final = 100_000
_JPEG_SEGMENTS: Final = 10_000
_JPEG_TAIL: Final = 64 * 1024
_JPEG_SIZE_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_JPEG_SCAN: Final = 0xDA
_JPEG_END: Final = 0xD9


class UnreadableError(ValueError):
    """The container ends early or contradicts itself; the text says where."""


@dataclass(frozen=True, slots=True)
class Header:
    width: int
    height: int
    animated: bool = False


def read_png(stream: BinaryIO, size: int) -> Header:
    """Walk the chunks to the end marker, skipping their data."""
    stream.seek(8)
    header = None
    animated = False
    for _ in range(_PNG_CHUNKS):
        length, kind = struct.unpack(">I4s", _exactly(stream, 8))
        if header is None:
            if kind != b"IHDR" or length != _PNG_HEADER_BYTES:
                raise UnreadableError("a PNG begins with its IHDR chunk; this one does not")
            header = Header(*struct.unpack(">II", _exactly(stream, 8)))
            length -= 8
        animated = animated or kind == b"acTL"
        if kind == b"IEND":
            return replace(header, animated=animated)
        if stream.tell() + length + 4 > size:
            raise UnreadableError(f"the PNG ends inside its {kind.decode('latin-1')} chunk")
        stream.seek(length + 4, 1)
    raise UnreadableError(f"more than {_PNG_CHUNKS} PNG chunks")


def read_jpeg(stream: BinaryIO, size: int) -> Header:
    """Walk the segments to the picture's size, then look for the end marker near the end of the file."""
    stream.seek(2)
    header = None
    for _ in range(_JPEG_SEGMENTS):
        marker = _jpeg_marker(stream)
        if marker in _JPEG_BARE_MARKERS:
            continue
        if marker == _JPEG_END:
            raise UnreadableError("the JPEG holds no picture")
        (length,) = struct.unpack(">H", _exactly(stream, 2))
        if length < 2:  # noqa: PLR2004 - the length counts itself
            raise UnreadableError("a JPEG segment has an impossible length")
        if marker == _JPEG_SCAN:
            break
        if marker in _JPEG_SIZE_MARKERS and header is None:
            height, width = struct.unpack(">xHH", _exactly(stream, 5))
            header = Header(width, height)
            length -= 5
        stream.seek(max(length - 2, 0), 1)
    if header is None:
        raise UnreadableError("the JPEG does not say its size")
    stream.seek(max(size - _JPEG_TAIL, stream.tell()))
    if b"\xff\xd9" not in stream.read(_JPEG_TAIL):
        raise UnreadableError("the JPEG ends before its end marker")
    return header


def read_webp(stream: BinaryIO, size: int) -> Header:
    """Read the RIFF size and the first chunk, whichever of the three kinds it is."""
    stream.seek(4)
    (declared,) = struct.unpack("<I", _exactly(stream, 4))
    if declared + 8 > size:
        raise UnreadableError(f"the WebP says it has {declared + 8} bytes and has {size}")
    stream.seek(12)
    kind = _exactly(stream, 8)[:4]
    data = _exactly(stream, 10)
    if kind == b"VP8X":
        width, height = int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
        return Header(width, height, animated=bool(data[0] & 0x02))
    if kind == b"VP8L" and data[0] == 0x2F:  # noqa: PLR2004 - the lossless signature byte
        bits = int.from_bytes(data[1:5], "little")
        return Header((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        return Header(*(side & 0x3FFF for side in struct.unpack("<HH", data[6:10])))
    raise UnreadableError("the WebP begins with no known picture chunk")


def _jpeg_marker(stream: BinaryIO) -> int:
    if _exactly(stream, 1) != b"\xff":
        raise UnreadableError("the JPEG's segments do not follow each other")
    marker = 0xFF
    while marker == 0xFF:  # noqa: PLR2004 - fill bytes are allowed before a marker
        marker = _exactly(stream, 1)[0]
    return marker


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise UnreadableError("the file ends inside its header")
    return data
