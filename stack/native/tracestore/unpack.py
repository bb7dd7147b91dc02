"""Content encodings of a request, unpacked within a bound."""

from __future__ import annotations

import zlib

from stack.native.tracestore.errors import BadBody, TooLarge, UnsupportedMedia

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the body without its content encoding (`gzip`, `deflate`, `identity` or none).

    Never holds more than `limit` bytes of output, so a small body that unpacks to gigabytes costs nothing.

    Raises:
        TooLarge: the content is larger than `limit`.
        BadBody: the content is cut short or not what the encoding says.
        UnsupportedMedia: an encoding that is not known here.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, _GZIP, limit)
        case "deflate":
            return _inflate(body, _ZLIB, limit)
        case unknown:
            message = f"content-encoding is {unknown!r}: gzip, deflate and identity are understood"
            raise UnsupportedMedia(message)


def _inflate(body: bytes, window: int, limit: int) -> bytes:
    content = bytearray()
    rest = body
    while rest:  # gzip allows several members, one after the other
        member = zlib.decompressobj(window)
        try:
            content += member.decompress(rest, limit - len(content) + 1)
        except zlib.error as error:
            message = f"the compressed body cannot be unpacked: {error}"
            raise BadBody(message) from error
        if len(content) > limit:
            message = f"the body unpacks to more than {limit} bytes"
            raise TooLarge(message)
        if not member.eof:
            message = "the compressed body is cut short"
            raise BadBody(message)
        rest = member.unused_data
    return bytes(content)
