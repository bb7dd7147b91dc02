"""The tracer provider that the instrumentations get: it points to the current `Telemetry`, and is choosy."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Final

from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Tracer, TracerProvider, get_current_span

from telemetry.outbound._meters import record_failure
from telemetry.traces import pointing_tracer

# It records the time of calls that were answered only.
_SILENT_ON_FAILURE: Final = "opentelemetry.instrumentation.httpx"


class OutboundProvider(TracerProvider):
    """With `within`, tracers make spans within a recorded trace only."""

    def __init__(self, *, within: bool) -> None:
        self._within = within

    def get_tracer(self, instrumenting_module_name: str, *args: Any, **kwargs: Any) -> Tracer:
        tracer = pointing_tracer(instrumenting_module_name, *args, **kwargs)
        return OutboundTracer(tracer, instrumenting_module_name, within=self._within)


class OutboundTracer(Tracer):
    """Makes one span where a library is instrumented twice, as a whole and for one client of it."""

    def __init__(self, tracer: Tracer, scope: str, *, within: bool) -> None:
        self._tracer = tracer
        self._scope = scope
        self._within = within

    def start_span(self, name: str, *args: Any, **kwargs: Any) -> Span:
        if self._within and not is_recorded(get_current_span()):
            return INVALID_SPAN
        return self._tracer.start_span(name, *args, **kwargs)

    @contextmanager
    def start_as_current_span(self, name: str, *args: Any, **kwargs: Any) -> Iterator[Span]:  # type: ignore[override]
        around: Any = get_current_span()
        if self._within and not is_recorded(around):
            yield INVALID_SPAN
        elif getattr(around, "kind", None) is SpanKind.CLIENT and around.instrumentation_scope.name == self._scope:
            yield around
        else:
            with self._tracer.start_as_current_span(name, *args, **kwargs) as span:
                began = perf_counter()
                try:
                    yield span
                except Exception as error:
                    if self._scope == _SILENT_ON_FAILURE:
                        record_failure(kwargs.get("attributes"), perf_counter() - began, error)
                    raise


def is_recorded(span: Span) -> bool:
    """Return whether spans below this one are recorded; also true below the span of another process."""
    return span.is_recording() or span.get_span_context().trace_flags.sampled
