"""Deliveries as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any, Final

ETAG: Final[dict[str, Any]] = {
    "description": "Names the version; send it back as `If-None-Match`.",
    "schema": {"type": "string"},
    "example": 'W/"0f3a5e8b7c6a5f4e6f1c2a9e"',
}
NOT_MODIFIED: Final[dict[str, Any]] = {
    "description": "Nothing has changed since the version that `If-None-Match` names.",
    "headers": {"ETag": ETAG},
}
_BYTES: Final = {"type": "string", "format": "binary"}
_HEADERS: Final = {
    "ETag": ETAG,
    "Accept-Ranges": {"description": "`bytes`: parts may be asked for.", "schema": {"type": "string"}},
    "Last-Modified": {"description": "When the video was made.", "schema": {"type": "string"}},
}
_CONTENT_RANGE: Final = {
    "description": "Which bytes these are, and of how many.",
    "schema": {"type": "string"},
    "example": "bytes 1000-1999/482113",
}

#: What GET /result may answer when there is a result.
VIDEO: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The video.", "headers": _HEADERS, "content": {"video/mp4": {"schema": _BYTES}}},
    206: {
        "description": "The bytes that `Range` asks for; several parts come as multipart/byteranges.",
        "headers": {**_HEADERS, "Content-Range": _CONTENT_RANGE},
        "content": {"video/mp4": {"schema": _BYTES}, "multipart/byteranges": {"schema": _BYTES}},
    },
    304: NOT_MODIFIED,
}
