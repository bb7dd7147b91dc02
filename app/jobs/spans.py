"""What a job's spans say; they continue the trace of the request that submitted it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.jobs.claim import Claim, Ending
from app.jobs.job import Job, RunOutcome
from app.jobs.worker_identity import Identity
from telemetry.catalog import Attribute, Span

_NANOSECONDS: Final = 1_000_000_000

Attributes = dict[str, str | int | float | bool]


def parent_of(job: Job) -> Context:
    """Return the context of the submit request."""
    return TraceContextTextMapPropagator().extract({"traceparent": job.traceparent or ""})


def record_wait(tracer: Tracer, mine: Claim, parent: Context) -> None:
    """Make the span of the wait, with its true start and end."""
    began, ended = _nanoseconds(mine.waited_since), _nanoseconds(mine.claimed_at)
    tracer.start_span(Span.QUEUE_WAIT, context=parent, start_time=began, attributes=_job(mine.job)).end(ended)


def facts(mine: Claim, identity: Identity) -> Attributes:
    """Return what is known about a run at its start."""
    return _job(mine.job) | {
        Attribute.MODEL: identity.model,
        Attribute.DEVICE: identity.device.kind,
        Attribute.DEVICE_SIMULATED: identity.device.kind == "simulated",
        Attribute.ATTEMPT: mine.attempt,
        Attribute.QUEUE_SECONDS: mine.waited_seconds,
    }


def record_ending(span: OtelSpan, ending: Ending) -> None:
    """Put how the run ended and what it cost on its span."""
    span.set_attribute(Attribute.OUTCOME, str(ending.outcome))
    span.set_attribute(Attribute.GPU_SECONDS, ending.spent.gpu_seconds)
    if (cost := ending.spent.cost_usd) is not None:
        span.set_attribute(Attribute.COST_USD, float(cost))
    if ending.outcome in (RunOutcome.FAILED, RunOutcome.OUT_OF_MEMORY):
        span.set_status(StatusCode.ERROR, ending.error_code)


def exemplar(span: OtelSpan) -> dict[str, str] | None:
    """Return what leads from an observation to `span`, None when the span is not exported."""
    context = span.get_span_context()
    if not context.trace_flags.sampled:
        return None
    return {"trace_id": format(context.trace_id, "032x"), "span_id": format(context.span_id, "016x")}


def _job(job: Job) -> Attributes:
    known: Attributes = {Attribute.JOB_ID: job.id, Attribute.OPERATION: job.operation, Attribute.CUSTOMER: job.customer}
    return known | {Attribute.TIER: job.tier} | ({Attribute.KEY_ID: job.key_id} if job.key_id else {})


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * _NANOSECONDS)
