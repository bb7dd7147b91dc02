"""Lets `trace.get_tracer(...)` of an app and its libraries reach whatever was started last.

OpenTelemetry's global provider can be set once in a process and never unset. So we set one that only points: to the
provider of the current `Telemetry`, and to nothing when there is none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import NoOpTracerProvider, ProxyTracerProvider, Span, Tracer, TracerProvider

_NONE: Final = NoOpTracerProvider()
_active: Final[list[TracerProvider]] = []


class PointingTracerProvider(TracerProvider):
    def get_tracer(self, *args: Any, **kwargs: Any) -> Tracer:
        return _PointingTracer(args, kwargs)


class _PointingTracer(Tracer):
    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._args = args
        self._kwargs = kwargs
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    def _now(self) -> Tracer:
        provider = _active[-1] if _active else _NONE
        if self._tracer is None or provider is not self._provider:
            self._tracer = provider.get_tracer(*self._args, **self._kwargs)
            self._provider = provider
        return self._tracer

    def start_span(self, *args: Any, **kwargs: Any) -> Span:
        return self._now().start_span(*args, **kwargs)

    def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
        return self._now().start_as_current_span(*args, **kwargs)


def pointing_tracer(*args: Any, **kwargs: Any) -> Tracer:
    """Return a tracer of whatever is current when it is used, also where an app has a global provider of its own."""
    return _PointingTracer(args, kwargs)


@contextmanager
def pointing_to(provider: TracerProvider) -> Iterator[None]:
    """Make `provider` the global one until the block ends; an app that has set its own keeps it."""
    if isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
        trace.set_tracer_provider(PointingTracerProvider())
    _active.append(provider)
    try:
        yield
    finally:
        _active.remove(provider)
