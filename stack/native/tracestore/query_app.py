"""The query port: Jaeger's HTTP API over the store."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from stack.native.tracestore.health import health_routes
from stack.native.tracestore.jaeger_routes import JaegerApi
from stack.native.tracestore.store import TraceStore
from stack.native.tracestore.v3_routes import V3Api


def query_app(store: TraceStore) -> Starlette:
    """Return the application that answers questions; it serves as long as the store is open."""
    return Starlette(
        routes=[Route("/", _index), *health_routes(store), *V3Api(store).routes(), *JaegerApi(store).routes()]
    )


async def _index(_: Request) -> Response:
    return PlainTextResponse("Plainview's trace store: Jaeger's query API at /api/services, /api/traces, /api/v3.\n")
