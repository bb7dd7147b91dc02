"""What is known of a request when it begins, as the attributes of its span.

They are what opentelemetry-instrumentation-asgi gathers, with host and port told apart and the query's values cut out.
Headers are walked once, and what most requests have in common is put together, and encoded, once.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from opentelemetry.util.http import detect_synthetic_user_agent, sanitize_method
from starlette.types import Scope

from telemetry._secrets import when_changed
from telemetry.http._span_details import redacted_query, server
from telemetry.traces import LayeredAttributes, SharedAttributes

# Headers longer than this are no ordinary ones: what is kept of them would add up.
_LONG = 1024


def request_attributes(scope: Scope, wanted: frozenset[bytes]) -> tuple[LayeredAttributes, list[tuple[bytes, bytes]]]:
    """Return the attributes of the request's span, and those of its headers that are `wanted`."""
    host, agent, found = _headers(scope["headers"], wanted)
    shared = _shared if len(host or b"") + len(agent or b"") < _LONG else _shared.__wrapped__
    # Of a server that is not asked for by name only the socket's address is known; it may be a list.
    address = tuple(scope.get("server") or ()) if host is None else ()
    own: dict[str, str | int] = {}
    longest = 0
    if path := scope.get("path"):
        own["url.path"] = path
        longest = len(path)
    if query := scope.get("query_string"):
        own["url.query"] = text = redacted_query(query)
        longest = max(longest, len(text))
    if client := scope.get("client"):
        if client[0]:
            own["client.address"] = client[0]
            longest = max(longest, len(client[0]))
        if client[1]:
            own["client.port"] = client[1]
    common = shared(scope.get("method"), scope.get("scheme"), scope.get("http_version"), host, address, agent)
    return LayeredAttributes(common, own, longest), found


def decoded(header: bytes) -> str:
    """Return a header's text as OpenTelemetry reads it."""
    try:
        return header.decode("utf-8")
    except ValueError:
        return header.decode("unicode_escape")


def _headers(
    headers: Iterable[Any], wanted: frozenset[bytes]
) -> tuple[bytes | None, bytes | None, list[tuple[bytes, bytes]]]:
    """Return the first host and the first user agent, and the headers with a name that is wanted."""
    host = agent = None
    found = []
    for pair in headers:
        name = pair[0]
        if name == b"host":
            host = pair[1] if host is None else host
        elif name == b"user-agent":
            agent = pair[1] if agent is None else agent
        elif name in wanted:
            found.append(pair)
    return host, agent, found


@lru_cache(maxsize=1024)
def _shared(  # noqa: PLR0913, PLR0917 - a key of the cache
    method: str | None,
    scheme: str | None,
    version: str | None,
    host: bytes | None,
    address: tuple[Any, ...],
    agent: bytes | None,
) -> SharedAttributes:
    """Return the attributes that most requests share with many others."""
    name, port = server(scheme or "http", host, address)
    attributes: dict[str, str | int] = {"server.address": name, "server.port": port}
    if scheme:
        attributes["url.scheme"] = scheme
    if version:
        attributes["network.protocol.version"] = version
    if method:
        original, known = method.strip(), sanitize_method(method).strip()
        if original != known:
            attributes["http.request.method_original"] = original
        attributes["http.request.method"] = known
    if agent:
        attributes["user_agent.original"] = text = decoded(agent)
        if synthetic := detect_synthetic_user_agent(text):
            attributes["user_agent.synthetic.type"] = synthetic
    return SharedAttributes(attributes)


when_changed(_shared.cache_clear)
