"""The registry as text: OpenMetrics with exemplars for who asks for it, the plain format otherwise."""

import gzip
from typing import Final

import anyio
from prometheus_client import CollectorRegistry
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from telemetry.http._render import rendered

METRICS_PATH: Final = "/metrics"


def render(registry: CollectorRegistry, accept: str, accept_encoding: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and headers of an answer to a scrape."""
    body, content_type = rendered(registry, accept)
    headers = {"content-type": content_type, "cache-control": "no-store", "vary": "accept, accept-encoding"}
    if "gzip" in accept_encoding:
        body = gzip.compress(body, 1)
        headers["content-encoding"] = "gzip"
    return body, headers


class MetricsEndpoint:
    """An ASGI app that answers GET and HEAD with the registry, rendered in a thread of its own.

    Not in the shared thread pool: that may be full of the app's blocking handlers just when the figures matter.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._limiter: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, body, headers = 405, b"", {"allow": "GET, HEAD"}
        if scope["method"] in ("GET", "HEAD"):
            asked = Headers(scope=scope)
            self._limiter = self._limiter or anyio.CapacityLimiter(2)
            body, headers = await anyio.to_thread.run_sync(
                render,
                self._registry,
                asked.get("accept", ""),
                asked.get("accept-encoding", ""),
                limiter=self._limiter,
            )
            status = 200
        headers["content-length"] = str(len(body))
        raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
