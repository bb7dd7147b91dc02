"""What a span is told of its request at the end: route, status, error, request id."""

from functools import lru_cache

from opentelemetry.trace import Span, StatusCode

from telemetry._methods import OTHER_METHOD
from telemetry._secrets import redact, when_changed
from telemetry.catalog import Attribute
from telemetry.http._routes import UNMATCHED
from telemetry.traces import LayeredAttributes, SharedAttributes

_SERVER_ERROR = 500


def complete(  # noqa: PLR0913, PLR0917 - what is known by then
    span: Span, method: str, route: str, status: int, request_id: str, error: Exception | None
) -> None:
    """Name the span by its route and tell it how the request ended.

    With a status of 0 that is left to the instrumentation, which has told it already.
    """
    # After the status, for which an error without a text has been set.
    error_type = type(error).__qualname__ if error is not None else str(status) if status >= _SERVER_ERROR else None
    name, shared = _ending(method, route, status, error_type)
    if status >= _SERVER_ERROR:
        span.set_status(StatusCode.ERROR)
    if error is not None:
        span.set_status(StatusCode.ERROR, redact(f"{type(error).__name__}: {error}"))
    if name is not None:
        span.update_name(name)
    span.set_attributes(LayeredAttributes(shared, {Attribute.REQUEST_ID: request_id}, len(request_id)))


@lru_cache(maxsize=4096)
def _ending(method: str, route: str, status: int, error_type: str | None) -> tuple[str | None, SharedAttributes]:
    """Return the span's name, None to leave it, and what all requests have in common that end like this."""
    attributes: dict[str, str | int] = {}
    if status:
        attributes["http.response.status_code"] = status
    if error_type is not None:
        attributes["error.type"] = error_type
    if route == UNMATCHED:
        return None, SharedAttributes(attributes)
    attributes["http.route"] = route
    return f"{'HTTP' if method == OTHER_METHOD else method} {route}", SharedAttributes(attributes)


when_changed(_ending.cache_clear)
