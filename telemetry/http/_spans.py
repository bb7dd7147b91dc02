"""The one place that decides where server spans come from: OpenTelemetry's own ASGI instrumentation.

It is the middleware that opentelemetry-instrumentation-fastapi installs, entered one door further in: that package
matches every route a second time for the span's name (220 us with a hundred routes) and patches Starlette's
background tasks for the whole process. The name and `http.route` are set after routing instead (`_request.py`).
FastAPI traces itself since 0.142, and steps aside when it finds this middleware in the app's stack.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span
from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry.http._routes import bounded_method

_OPT_IN: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"
_PORTS: Final = {"http": 80, "https": 443}


def server_spans(app: ASGIApp, provider: TracerProvider) -> ASGIApp:
    """Return `app` within one SERVER span per request, with the stable HTTP names and no span per ASGI message."""
    with _stable_names():
        return OpenTelemetryMiddleware(
            app,
            default_span_details=_first_name,
            server_request_hook=_correct,
            tracer_provider=provider,
            meter_provider=NoOpMeterProvider(),
            exclude_spans=["receive", "send"],
        )


def choose_stable_names() -> None:
    """Make OpenTelemetry's instrumentations use the stable HTTP names, before another one asks for the old ones.

    They ask once in a process, the first time that any is used; from then on all of them share the answer.
    """
    server_spans(_nothing, TracerProvider(shutdown_on_exit=False))


@contextmanager
def _stable_names() -> Iterator[None]:
    """Set the opt-in only while the middleware is built: children of this process should not inherit it."""
    before = os.environ.get(_OPT_IN)
    chosen = [name for name in (before or "").split(",") if name.strip() and not name.strip().startswith("http")]
    os.environ[_OPT_IN] = ",".join([*chosen, "http"])
    try:
        yield
    finally:
        if before is None:
            del os.environ[_OPT_IN]
        else:
            os.environ[_OPT_IN] = before


def _first_name(scope: Scope) -> tuple[str, dict[str, Any]]:
    """Name the span by its method alone, as the convention wants while the route is not known."""
    method = bounded_method(scope.get("method", ""))
    return ("HTTP" if method == "_OTHER" else method), {}


def _correct(span: Span, scope: Scope) -> None:
    """Put right what the instrumentation gets wrong: the query in clear, and host and port as one address."""
    if not span.is_recording():
        return
    address, port = _server(scope)
    attributes: dict[str, str | int] = {"server.address": address, "server.port": port}
    if query := scope.get("query_string"):
        attributes["url.query"] = redacted_query(query)
    span.set_attributes(attributes)


def _server(scope: Scope) -> tuple[str, int]:
    """Return the host and port that the client asked for, by its Host header, else those of the socket."""
    default = _PORTS.get(scope.get("scheme", "http"), 80)
    header = next((value for name, value in scope["headers"] if name == b"host"), None)
    if header is None:
        host, port = scope.get("server") or ("", default)
        return host, port or default
    host = header.decode("latin-1")
    address, colon, port = host.rpartition(":")
    if not colon or not port.isdigit():  # no port, or the last colon is one of an IPv6 address
        address, port = host, str(default)
    return address.strip("[]"), int(port)


def redacted_query(query: bytes) -> str:
    """Return a query string with its names and none of its values, which may be secrets or prompts."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=None)
    return urlencode([(name, "REDACTED") for name, _ in pairs[:32]])


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return None
