"""Headers that OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_* asks for, and what a response propagator adds."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.instrumentation.propagators import get_global_response_propagator
from opentelemetry.propagators.textmap import Setter
from opentelemetry.trace import Span, SpanKind, set_span_in_context
from opentelemetry.util.http import (
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE,
    SanitizeValue,
    get_custom_headers,
    normalise_request_header_name,
    normalise_response_header_name,
)
from starlette.types import Message, Scope, Send

response_propagator: Final[Callable[[], Any]] = get_global_response_propagator


class _MessageSetter(Setter[Message]):
    def set(self, carrier: Message, key: str, value: str) -> None:
        carrier["headers"] = [*carrier.get("headers", ()), (key.lower().encode(), value.encode())]


_SETTER: Final = _MessageSetter()


class CapturedHeaders:
    """Lives as long as the app."""

    def __init__(self) -> None:
        self.of_requests = get_custom_headers(OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST)
        self._of_responses = get_custom_headers(OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE)
        self._sanitize = SanitizeValue(get_custom_headers(OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS))
        self.of_answers = bool(self._of_responses) or response_propagator() is not None

    def requests(self, scope: Scope) -> dict[str, Any]:
        return self._attributes(scope, self.of_requests, normalise_request_header_name)

    def sending(self, send: Send, span: Span) -> Send:
        """Return `send` with the headers of answers noted, and those of the response propagator added."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                if self._of_responses and span.is_recording() and getattr(span, "kind", None) is SpanKind.SERVER:
                    span.set_attributes(self._attributes(message, self._of_responses, normalise_response_header_name))
                if propagator := response_propagator():
                    propagator.inject(message, context=set_span_in_context(span, Context()), setter=_SETTER)
            await send(message)

        return noting

    def _attributes(self, message: Any, wanted: Iterable[str], name: Any) -> dict[str, Any]:
        # Loaded for those who capture something: it takes 2 MB.
        from opentelemetry.instrumentation.asgi import collect_custom_headers_attributes  # noqa: PLC0415

        return dict(collect_custom_headers_attributes(message, self._sanitize, list(wanted), name))
