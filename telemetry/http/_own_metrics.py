"""An app that has a /metrics of its own keeps it, and what it says is in ours.

Prometheus gets our exposition, with every family of the app's own answer that we do not have: those of a registry of its
own, for what is in prometheus-client's default registry is shown anyway. Everybody else gets the app's own answer.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from prometheus_client import REGISTRY, CollectorRegistry, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry._edge import Edge
from telemetry.http._exposition import METRICS_PATH, MetricsEndpoint
from telemetry.http._request import KEY
from telemetry.http._route_contexts import route_contexts

_ACCEPT: Final = b"text/plain;version=0.0.4"
# What a scraper says that it understands; browsers and scripts do not.
_SCRAPERS: Final = (b"openmetrics-text", b"version=0.0.4", b"version=1.0.0")
_SECONDS: Final = 1.0
_MOST_BYTES: Final = 8 * 1024 * 1024
_OK: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 307, 308})


def has_own(routes: Sequence[BaseRoute]) -> bool:
    """Say whether one of the routes is /metrics; one for any path, as of static files, is none."""
    paths = [route.path for route in routes if isinstance(route, Mount)]
    paths += [context.path_format or "" for context in route_contexts(routes)]
    return any(path.rstrip("/") == METRICS_PATH for path in paths)


def is_scraper(scope: Scope) -> bool:
    """Say whether who asks is Prometheus, or something that speaks like it."""
    accepts = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return any(form in accepts for form in _SCRAPERS)


class MetricsRoute:
    """Sends scrapers to our endpoint and others to the app, if that has an answer of its own."""

    def __init__(self, endpoint: MetricsEndpoint, app: ASGIApp, own: "OwnMetrics | None") -> None:
        self._endpoint = endpoint
        self._app = app
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._own is not None:
            self._own.seen(scope)
            if not is_scraper(scope):
                await self._app(scope, receive, send)
                return
        await self._endpoint(scope, receive, send)

    def lifespan(self, send: Send) -> Send:
        """Take note that this process begins to serve, and return the `send` of its lifespan."""
        own = self._own
        if own is None:
            return self._endpoint.lifespan(send)
        own.serving()

        async def until_the_end(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                own.ended()
            await send(message)

        return self._endpoint.lifespan(until_the_end)


class OwnMetrics(Collector):
    """Asks the app's own route, in the app's event loop, whenever the registry is read in another thread."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry, edge: Edge) -> None:
        self._state: dict[str, Any] = {}
        self._app = app
        self._registry = registry
        self._edge = edge
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last = ""

    def seen(self, scope: Scope) -> None:
        """Learn from a request what the app's lifespan has left for requests."""
        self.serving()
        self._state = scope.get("state", {})

    def serving(self) -> None:
        """Take note of the event loop that the app runs in."""
        self._loop = asyncio.get_running_loop()

    def ended(self) -> None:
        """Ask no more: what was said last is what is left of it."""
        self._loop = None

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: the app is not asked before there is somebody to tell."""
        return ()

    def collect(self) -> Iterable[Metric]:
        with self._edge:
            text = self._text()
            known = {*REGISTRY._names_to_collectors, *self._registry._names_to_collectors}  # noqa: SLF001
            return [
                family
                for family in text_string_to_metric_families(text)
                if family.name not in known and f"{family.name}_total" not in known
            ]
        return ()

    def _text(self) -> str:
        loop = self._loop
        if loop is None or not loop.is_running() or _in_event_loop():  # in one nobody may wait
            return self._last
        asked = asyncio.run_coroutine_threadsafe(self._asked(METRICS_PATH), loop)
        try:
            self._last = asked.result(_SECONDS)
        except TimeoutError:
            asked.cancel()
            return ""
        return self._last

    async def _asked(self, path: str, *, again: bool = True) -> str:
        """Return the app's answer, empty unless it is Prometheus' text."""
        answer = _Answer()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"accept", _ACCEPT)],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 80),
            "state": dict(self._state),
            KEY: None,
            "fastapi.telemetry": None,  # nobody observes it
        }
        await self._app(scope, _nothing_more, answer.send)
        if answer.status in _REDIRECTS and again:
            return await self._asked(urlsplit(answer.headers.get(b"location", b"").decode()).path, again=False)
        kind = answer.headers.get(b"content-type", b"")
        if answer.status != _OK or not kind.startswith(b"text/plain"):
            return ""
        return answer.body.decode("utf-8", "replace")


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Answer:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.lower(): value for name, value in message.get("headers", ())}
        elif len(self.body) < _MOST_BYTES:
            self.body += message.get("body", b"")


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
