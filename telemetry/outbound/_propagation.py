"""Which headers carry a trace: `traceparent` and `tracestate`, unless OTEL_PROPAGATORS says otherwise.

OpenTelemetry's default carries baggage too: whatever a client puts into that header would be sent on to every host that
the app talks to.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import propagate
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator


@contextmanager
def trace_context_alone() -> Iterator[None]:
    """Carry no baggage until the block ends; a choice of the app's author or of the operator is respected."""
    before = propagate.get_global_textmap()
    if os.environ.get("OTEL_PROPAGATORS") or not _is_default(before):
        yield
        return
    ours = TraceContextTextMapPropagator()
    propagate.set_global_textmap(ours)
    try:
        yield
    finally:
        if propagate.get_global_textmap() is ours:
            propagate.set_global_textmap(before)


def _is_default(propagator: object) -> bool:
    return isinstance(propagator, CompositePropagator) and propagator.fields == {"traceparent", "tracestate", "baggage"}
