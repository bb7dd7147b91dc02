# ruff: noqa: SLF001, FBT001, FBT002, PLR0913, PLR0917 - the SDK's fields, and the signatures of its methods
"""A tracer provider of the SDK whose tracers make slim spans, wherever those are equal to the SDK's.

Sampler, id generator, resource, limits and processors are the SDK's and stay in force.
"""

import sys
from collections.abc import Mapping, Sequence
from time import time_ns
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Tracer, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    get_current_span,
)

from telemetry.traces._head import HeadSampler
from telemetry.traces._processors import Processors
from telemetry.traces._shared import LayeredAttributes, SharedAttributes
from telemetry.traces._slim_span import SlimSpan

Attributes = Mapping[str, Any] | None

_SHARED: Final = frozenset({SharedAttributes, LayeredAttributes})

# By whether the span is sampled, and its trace's id random.
_FLAGS: Final = {
    (sampled, random): TraceFlags(TraceFlags.SAMPLED * sampled | TraceFlags.RANDOM_TRACE_ID * random)
    for sampled in (False, True)
    for random in (False, True)
}


class SlimTracerProvider(TracerProvider):
    """Lives as long as the process's `Telemetry`."""

    def get_tracer(self, *args: Any, **kwargs: Any) -> Any:
        tracer: Any = super().get_tracer(*args, **kwargs)
        if type(tracer) is Tracer:
            tracer.__class__ = SlimTracer  # the SDK makes and keeps its tracers, and has no way to make others
            if not _slim_spans_fit(tracer):
                tracer.__class__ = Tracer
        return tracer


class SlimTracer(Tracer):
    """Begins a `SlimSpan` where the SDK's tracer would begin a `Span`."""

    span_processor: Processors
    sampler: Sampler
    #: How many attributes a span may have, and how long a text.
    room: tuple[int, int] = (0, 0)

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        # An empty context, unlike none, has no span; one need not be looked for.
        alone = context is not None and not context
        parent: SpanContext | None = INVALID_SPAN_CONTEXT if alone else get_current_span(context).get_span_context()
        if links or type(parent) is not SpanContext or not self._tracer_config.is_enabled:
            theirs: Span = super().start_span(
                name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception
            )
            return theirs
        ids = self.id_generator
        if parent.is_valid:
            trace_id, random = parent.trace_id, parent.trace_flags.random_trace_id
        else:
            parent, trace_id, random = None, ids.generate_trace_id(), ids.is_trace_id_random()
        sampler = self.sampler
        if type(sampler) is HeadSampler:  # else its answer would be put together and taken apart again
            sampled, state = sampler.samples(parent, trace_id), parent.trace_state if parent else None
            recorded = sampled or sampler.records_rest
        else:
            result = sampler.should_sample(context, trace_id, name, kind, attributes, ())
            sampled, state = result.decision is Decision.RECORD_AND_SAMPLE, result.trace_state
            recorded = result.decision is not Decision.DROP
            attributes = _after_sampling(attributes, result.attributes)
        own = SpanContext(trace_id, ids.generate_span_id(), False, _FLAGS[sampled, random], state)
        if not recorded:
            return NonRecordingSpan(own)
        span = SlimSpan.begun(self, name, own, parent, kind, time_ns() if start_time is None else start_time)
        if not (record_exception and set_status_on_exception):
            span._record_exception, span._set_status_on_exception = record_exception, set_status_on_exception
        if attributes:
            span.set_attributes(attributes)
        self.span_processor.begun(span, context)
        return span


def _room(limits: sdk.SpanLimits) -> tuple[int, int]:
    most, longest = limits.max_span_attributes, limits.max_span_attribute_length
    return sys.maxsize if most is None else most, sys.maxsize if longest is None else longest


def _after_sampling(given: Attributes, returned: Attributes) -> Attributes:
    """Return what the sampler returned; what was shared stays so where that is the same, behind a proxy."""
    return given if type(given) in _SHARED and returned == given else returned


class _Theirs(sdk.Span):
    """A span of the SDK that no tracer has made."""


def _slim_spans_fit(tracer: Any) -> bool:
    """Return whether slim spans have all that this tracer's own would have: those of another SDK may have more."""
    if type(tracer.span_processor) is not Processors:
        return False
    try:
        tracer.room = _room(tracer._span_limits)
        theirs = _Theirs("", INVALID_SPAN_CONTEXT, resource=Resource.get_empty())
        ours = SlimSpan.begun(tracer, "", INVALID_SPAN_CONTEXT, None, SpanKind.INTERNAL, 0)
        counts = type(tracer._tracer_metrics).__name__ != "NoOpTracerMetrics"  # and would have to be told of each span
        return not counts and tracer._tracer_config.is_enabled in {True, False} and _has_fields_of(theirs, ours)
    except (AttributeError, TypeError):
        return False


def _has_fields_of(theirs: object, ours: object) -> bool:
    return all(hasattr(ours, field) for field in vars(theirs))
