"""OTLP/HTTP in: `POST /v1/traces`.

Other signals are refused with 404 instead of being taken and dropped: whoever sends them should know that
metrics are scraped by Prometheus here and logs are files.
"""

from __future__ import annotations

import json
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from stack.native.tracestore.decode import Media, media_type
from stack.native.tracestore.errors import RequestRefused, TooLarge, UnsupportedMedia
from stack.native.tracestore.health import health_routes
from stack.native.tracestore.proto import Message, json_of, rpc_status
from stack.native.tracestore.rows import Rejected
from stack.native.tracestore.store import TraceStore

_NOT_FOUND: Final = 5
_RETRY_SECONDS: Final = "2"


def otlp_app(store: TraceStore) -> Starlette:
    """Return the application that takes spans in; it serves as long as the store is open."""

    async def traces(request: Request) -> Response:
        media: Media = "application/json"
        try:
            media = media_type(request.headers.get("content-type", ""))
            body = await _read(request, store.limits.body_bytes)
            encoding = request.headers.get("content-encoding", "")
            rejected = await store.ingest(body, media, encoding)
        except RequestRefused as error:
            store.refused[error.reason] += 1
            return _refusal(error, media)
        return _answer(_accepted(rejected), media)

    async def other_signal(request: Request) -> Response:
        message = f"{request.url.path} is not served: this store keeps traces only (POST /v1/traces)"
        try:
            media = media_type(request.headers.get("content-type", ""))
        except UnsupportedMedia:
            media = "application/json"
        return _answer(rpc_status(_NOT_FOUND, message), media, status=404)

    return Starlette(
        routes=[
            Route("/v1/traces", traces, methods=["POST"]),
            Route("/v1/{signal:path}", other_signal, methods=["POST"]),
            *health_routes(store),
        ]
    )


async def _read(request: Request, limit: int) -> bytes:
    """Return the body; stop reading at the limit, whatever Content-Length says."""
    message = f"the body is larger than {limit} bytes: send smaller batches"
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise TooLarge(message)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise TooLarge(message)
    except ClientDisconnect as error:
        gone = "the sender went away before the body was complete"
        raise RequestRefused(gone) from error
    return bytes(body)


def _accepted(rejected: Rejected) -> ExportTraceServiceResponse:
    response = ExportTraceServiceResponse()
    if rejected.count:
        response.partial_success.rejected_spans = rejected.count
        response.partial_success.error_message = rejected.reason
    return response


def _refusal(error: RequestRefused, media: Media) -> Response:
    response = _answer(rpc_status(error.code, str(error)), media, status=error.status)
    if isinstance(error, TooLarge):
        response.headers["Connection"] = "close"  # else the rest of the body is read, only to be thrown away
    if error.status == 503:  # noqa: PLR2004 - the one that is worth a retry
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _answer(message: Message, media: Media, status: int = 200) -> Response:
    if media == "application/json":
        content = json.dumps(json_of(message)).encode()
    else:
        content = bytes(message.SerializeToString())
    return Response(content, status, media_type=media)
