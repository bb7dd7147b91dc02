"""The short way through opentelemetry-instrumentation-asgi: taken where it can be, and only there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation import asgi
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.propagators import TraceResponsePropagator, set_global_response_propagator
from opentelemetry.trace import SpanKind

from telemetry import TelemetrySettings, instrument, start
from telemetry.http._contrib_short import ShortWay
from tests.telemetry.conftest import Spans
from tests.telemetry.http.test_span_sources import REQUESTS, comparable, make_app, spans_of

Call = Callable[..., Any]


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that went the short way, not counting the rehearsal's."""
    paths: list[str] = []
    begun = ShortWay._begun

    def noting(self: ShortWay, span: Any, scope: Any) -> None:
        begun(self, span, scope)
        if "path" not in scope and (path := scope["plainview.request"].scope["path"]) != "/rehearsal":
            paths.append(path)

    monkeypatch.setattr(ShortWay, "_begun", noting)
    return paths


async def test_http_requests_go_the_short_way(handed):
    for name in ("200", "500 unhandled", "parent sampled", "mounted app", "websocket", "polled by machines"):
        await spans_of("contrib", REQUESTS[name])
    assert handed == ["/items/7", "/boom", "/items/7", "/tenants/t1/things/x"]


def other_version(change: str, call: Call) -> Call:
    """Return the middleware's `__call__` as another version might have it."""

    async def changed(self: OpenTelemetryMiddleware, scope: Any, receive: Any, send: Any) -> None:
        details = self.default_span_details
        if change == "formats the name":
            self.default_span_details = lambda scope: (f"{details(scope)[0]}", {})
        elif change == "adds an attribute":
            self.default_span_details = lambda scope: (details(scope)[0], {"asgi.type": scope.get("method", "none")})
        elif change == "copies what it knows of the scope":
            scope = {name: value for name, value in scope.items() if not name.startswith("plainview")}
        elif change == "needs a method" and scope["type"] == "http":
            scope["method"]
        try:
            await call(self, scope, receive, send)
        finally:
            self.default_span_details = details

    return changed


@pytest.mark.parametrize("name", ["200", "500 unhandled", "parent sampled", "query with a secret", "websocket"])
@pytest.mark.parametrize(
    "change", ["formats the name", "adds an attribute", "copies what it knows of the scope", "needs a method"]
)
async def test_with_another_version_requests_go_the_long_way_and_leave_what_it_makes(change, name, monkeypatch, handed):
    monkeypatch.setattr(
        asgi.OpenTelemetryMiddleware, "__call__", other_version(change, OpenTelemetryMiddleware.__call__)
    )
    (span,) = [comparable(span) for span in await spans_of("contrib", REQUESTS[name])]
    assert handed == []
    monkeypatch.undo()
    (lean,) = [comparable(span) for span in await spans_of("lean", REQUESTS[name])]
    if change == "adds an attribute":
        lean["attributes"]["asgi.type"] = span["attributes"]["asgi.type"]
    assert span == lean


async def went_the_long_way(handed: list[str]) -> bool:
    (span,) = await spans_of("contrib", REQUESTS["200"])
    return span.kind is SpanKind.SERVER and handed == []


@pytest.mark.parametrize("headers", ["SERVER_REQUEST", "SERVER_RESPONSE"])
async def test_headers_to_be_captured_are_seen_by_the_middleware(headers, monkeypatch, handed):
    monkeypatch.setenv(f"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_{headers}", "x-tenant")
    assert await went_the_long_way(handed)


async def test_urls_to_be_excluded_are_seen_by_the_middleware(monkeypatch, handed):
    excluded = asgi.parse_excluded_urls("nothing")
    monkeypatch.setattr("opentelemetry.instrumentation.fastapi._excluded_urls_from_env", excluded)
    assert await went_the_long_way(handed)


async def test_a_response_propagator_set_later_is_used(handed):
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": "/items/7", "headers": [], "query_string": b"", "scheme": "http"}
    scope |= {"http_version": "1.1", "server": ("t", 80), "client": ("c", 1), "root_path": ""}
    spans = Spans()
    with start(TelemetrySettings(), span_processor=spans.processor) as telemetry:
        app = make_app()
        instrument(app, telemetry)
        await app(dict(scope), receive, send)
        set_global_response_propagator(TraceResponsePropagator())
        try:
            await app(dict(scope), receive, send)
        finally:
            set_global_response_propagator(None)
    assert handed == ["/items/7"]
    one, two = [dict(message["headers"]) for message in sent if message["type"] == "http.response.start"]
    assert b"traceresponse" not in one
    assert re.match(rb"00-[0-9a-f]{32}", two[b"traceresponse"])
    assert [span.kind for span in spans.all()] == [SpanKind.SERVER] * 2


async def test_the_rehearsal_leaves_nothing_behind(handed):
    (span,) = await spans_of("contrib", REQUESTS["200"])
    assert span.attributes["url.path"] == "/items/7"
    assert trace.get_current_span() is trace.INVALID_SPAN
