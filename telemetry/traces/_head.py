"""The decision that is taken when a span begins, and travels to other services in `traceparent`."""

from collections.abc import Sequence
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from telemetry.settings import TelemetrySettings

_LOW_64: Final = (1 << 64) - 1


class HeadSampler(Sampler):
    """What OpenTelemetry's six samplers decide, in one step: by the parent where there is one, else by the trace's id.

    With `records_rest` a span that is not sampled is recorded still, without the flag, so that it can be kept when it
    turns out to have failed or to be slow.
    """

    def __init__(self, ratio: float, *, parent_based: bool, records_rest: bool) -> None:
        self._ratio = ratio
        self._bound = round(ratio * (_LOW_64 + 1))
        self._parent_based = parent_based
        self.records_rest = records_rest
        self._rest = Decision.RECORD_ONLY if records_rest else Decision.DROP

    def should_sample(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,  # noqa: ARG002
        kind: SpanKind | None = None,  # noqa: ARG002
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002
        trace_state: TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        parent: SpanContext | None = get_current_span(parent_context).get_span_context()
        if parent is not None and not parent.is_valid:
            parent = None
        decision = Decision.RECORD_AND_SAMPLE if self.samples(parent, trace_id) else self._rest
        return SamplingResult(decision, attributes, parent.trace_state if parent else None)

    def samples(self, parent: SpanContext | None, trace_id: int) -> bool:
        """Return whether a span is sampled; `parent` is None for the first of a trace."""
        if parent is not None and self._parent_based:
            return bool(parent.trace_flags & 1)
        return trace_id & _LOW_64 < self._bound

    def get_description(self) -> str:
        return f"HeadSampler{{ratio={self._ratio:g}, parent_based={self._parent_based}, rest={self._rest.name}}}"


def head_sampler(settings: TelemetrySettings) -> HeadSampler:
    """Return the sampler that the settings name."""
    name = settings.sampler.removeprefix("parentbased_")
    return HeadSampler(
        {"always_on": 1.0, "always_off": 0.0}.get(name, settings.sample_ratio),
        parent_based=name != settings.sampler,
        records_rest=keeps_any(settings),
    )


def keeps_any(settings: TelemetrySettings) -> bool:
    """Return whether spans of traces that are not sampled may be exported; never where traces are switched off."""
    switched_off = settings.sampler.endswith("always_off") or settings.otlp_endpoint is None
    return not switched_off and (settings.trace_errors or bool(settings.trace_slow))
