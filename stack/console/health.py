"""Probes of the console."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from stack.console.static_files import STATIC
from stack.native.tracestore import TraceStore


def health_router(store: TraceStore | None) -> APIRouter:
    """Return `/health/live` and `/health/ready`; the trace store counts where this process is it.

    Prometheus and the others do not count: without them the console still says what is wrong with them.
    """
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/health/ready")
    async def ready() -> Response:
        checks = {"page": "ready" if (STATIC / "index.html").is_file() else "static/index.html is missing"}
        if store is not None:
            checks["trace_store"] = "ready" if store.ready else store.failure or "stopping"
        well = all(state == "ready" for state in checks.values())
        return JSONResponse({"status": "ready" if well else "unready", "checks": checks}, 200 if well else 503)

    return router
