"""The answer that delivers a source: whole, in part, in several parts, or the word that nothing has changed."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from email.utils import format_datetime
from itertools import pairwise
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.delivery.conditions import judge, range_counts
from app.delivery.ranges import UnsatisfiableError, wanted
from app.delivery.source import Source
from app.errors import Code, ServiceError
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
#: One customer's; may be kept, if it is asked each time whether it is still there.
CACHE: Final = "private, no-cache"
_NOT_MODIFIED: Final = ("Cache-Control", "ETag")


def deliver(request: Request, source: Source, *, media_type: str, filename: str) -> Response:
    """Return the answer to a GET or HEAD of `source`.

    Raises:
        ServiceError: a condition does not hold (412), or no byte of the range exists (416).
    """
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": CACHE,
        "Content-Disposition": f'inline; filename="{filename}"',
        "ETag": source.etag,
        "Last-Modified": format_datetime(source.modified, usegmt=True),
    }
    if is_known(request, source.etag, source.modified):
        return not_modified(headers)
    spans = _spans(request, source)
    if spans is None:
        return Delivery(source, [range(source.size)], 200, headers | {"Content-Type": media_type})
    if len(spans) == 1:
        part = {"Content-Range": _content_range(spans[0], source.size), "Content-Type": media_type}
        return Delivery(source, spans, 206, headers | part)
    return PartsDelivery(source, spans, headers, media_type)


def is_known(request: Request, etag: str, modified: datetime | None = None) -> bool:
    """Return whether the caller has the present version already, as its headers tell.

    Raises:
        ServiceError: it wants another version or none (412).
    """
    verdict = judge(request.headers, etag, modified)
    if verdict == "failed":
        raise ServiceError(
            Code.PRECONDITION_FAILED,
            f"The present version is {etag}, and not what the request's condition names.",
            context={"etag": etag},
        )
    return verdict == "not modified"


def not_modified(headers: Mapping[str, str]) -> Response:
    """Return 304 with those of `headers` that it may have."""
    return Response(status_code=304, headers={name: headers[name] for name in _NOT_MODIFIED if name in headers})


def _spans(request: Request, source: Source) -> list[range] | None:
    if request.method != "GET" or not range_counts(request.headers, source.etag, source.modified):
        return None
    try:
        return wanted(request.headers.get("range"), source.size)
    except UnsatisfiableError as error:
        raise ServiceError(
            Code.RANGE_NOT_SATISFIABLE,
            f"The result has {source.size} bytes; {request.headers['range'][:100]} has none of them.",
            context={"size_bytes": source.size},
            headers={"Content-Range": f"bytes */{source.size}"},
        ) from error


def _content_range(span: range, size: int) -> str:
    return f"bytes {span.start}-{span.stop - 1}/{size}"


class Delivery(Response):
    """Sends spans of a source. The first bytes are read before the answer begins: till then an error has a status."""

    def __init__(self, source: Source, spans: Sequence[range], status: int, headers: dict[str, str]) -> None:
        self._source = source
        self._spans = spans
        super().__init__(status_code=status, headers=headers)
        self.headers["Content-Length"] = str(self.length)

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return sum(map(len, self._spans))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        end = {"type": "http.response.body", "body": b"", "more_body": False}
        if scope["method"] == "HEAD":
            await send(start)
            await send(end)
            return
        request = Request(scope, receive)
        async with aclosing(self._body()) as body:
            first = await anext(body, b"")
            await send(start)
            await send({"type": "http.response.body", "body": first, "more_body": True})
            try:
                async for chunk in body:
                    if await request.is_disconnected():  # what is sent to who is gone is dropped without a word
                        return
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except OSError as error:
                # Too late for a status: the connection ends short of the Content-Length, and clients ask for the rest.
                _log.error(Event.STORAGE_FAILED, error_type=type(error).__name__, error=error.strerror)
                return
        await send(end)

    async def _body(self) -> AsyncGenerator[bytes]:
        for span in self._spans:
            if span:
                async with aclosing(self._source.chunks(span.start, span.stop)) as chunks:
                    async for chunk in chunks:
                        yield chunk


class PartsDelivery(Delivery):
    """Sends several spans as multipart/byteranges."""

    def __init__(self, source: Source, spans: Sequence[range], headers: dict[str, str], media_type: str) -> None:
        boundary = secrets.token_hex(16)
        self._separators = [
            f"--{boundary}\r\nContent-Type: {media_type}\r\n"
            f"Content-Range: {_content_range(span, source.size)}\r\n\r\n".encode()
            for span in spans
        ]
        self._last = f"\r\n--{boundary}--\r\n".encode()
        self._between = b"\r\n"
        parts = headers | {"Content-Type": f"multipart/byteranges; boundary={boundary}"}
        super().__init__(source, spans, 206, parts)

    @property
    def length(self) -> int:
        breaks = len(self._between) * len(list(pairwise(self._separators)))
        return super().length + sum(map(len, self._separators)) + breaks + len(self._last)

    async def _body(self) -> AsyncGenerator[bytes]:
        for number, (span, separator) in enumerate(zip(self._spans, self._separators, strict=True)):
            yield self._between + separator if number else separator
            async with aclosing(self._source.chunks(span.start, span.stop)) as chunks:
                async for chunk in chunks:
                    yield chunk
        yield self._last
