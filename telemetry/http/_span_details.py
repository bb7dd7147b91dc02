"""What the instrumentation gets wrong about a request's span, put right when the span begins."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from opentelemetry.trace import Span
from starlette.types import Scope

from telemetry.http._routes import bounded_method

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def first_name(scope: Scope) -> str:
    """Name a span by its method alone, as the convention wants while the route is not known."""
    method = bounded_method(scope.get("method", ""))
    return "HTTP" if method == "_OTHER" else method


def correct(span: Span, scope: Scope) -> None:
    """Take the query's values out, and tell host and port apart, which came as one address."""
    if not span.is_recording():
        return
    host = next((value for name, value in scope["headers"] if name == b"host"), None)
    address, port = server(scope.get("scheme", "http"), host, scope.get("server") or ())
    attributes: dict[str, str | int] = {"server.address": address, "server.port": port}
    if query := scope.get("query_string"):
        attributes["url.query"] = redacted_query(query)
        # Only where OpenTelemetry was used in this process before, without the stable names.
        if old := _old_url(span):
            attributes["http.url"] = f"{old.partition('?')[0]}?{attributes['url.query']}"
    span.set_attributes(attributes)


def _old_url(span: Any) -> str | None:
    url = getattr(span, "attributes", {}).get("http.url")
    return url if isinstance(url, str) else None


def server(scheme: str, host: bytes | None, socket: Sequence[Any]) -> tuple[str, int]:
    """Return the host and port that the client asked for, by its Host header, else those of the socket."""
    default = _PORTS.get(scheme, 80)
    if host is None:
        address, number = socket or ("", default)
        return address, number or default
    text = host.decode("latin-1")
    address, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal():  # no port, or the last colon is one of an IPv6 address
        address, port = text, str(default)
    return address.strip("[]"), int(port)


def redacted_query(query: bytes) -> str:
    """Return a query string with its names and none of its values, which may be secrets or prompts."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=None)
    return urlencode([(name, "REDACTED") for name, _ in pairs[:32]])
