"""Probes of the trace store, the same on both of its ports."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stack.native.tracestore.store import TraceStore


def health_routes(store: TraceStore) -> list[Route]:
    """Return `/health/live` and `/health/ready`."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        if store.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "unready", "reason": store.failure or "stopping"}, status_code=503)

    return [Route("/health/live", live), Route("/health/ready", ready)]
