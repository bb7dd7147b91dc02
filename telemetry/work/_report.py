"""Says what a piece of work took: series, span attributes and events, one log line."""

from typing import TYPE_CHECKING

from opentelemetry.trace import Span, StatusCode

from telemetry import catalog
from telemetry._guard import UNATTRIBUTED
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.work._piece import GpuWork

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_log = get_logger(__name__)


def report(telemetry: "Telemetry", work: GpuWork, span: Span, error: BaseException | None) -> None:
    """Report a piece of work that has ended."""
    _span(work, span, error)
    _count(telemetry, work, span)
    _log.info(Event.GPU_WORK, **_fields(work))


def _count(telemetry: "Telemetry", work: GpuWork, span: Span) -> None:
    device = work.device.kind
    duration = telemetry.histogram(catalog.GPU_WORK_DURATION).labels(work.operation, work.outcome)
    duration.observe(work.duration_seconds, _exemplar(span))
    telemetry.counter(catalog.JOB_GPU_SECONDS).labels(work.operation, device).inc(work.gpu_seconds)
    if work.joules is not None and work.joules_source is not None:
        energy = telemetry.counter(catalog.GPU_WORK_ENERGY)
        energy.labels(work.operation, device, work.joules_source).inc(work.joules)
    if work.memory is not None and work.memory.peak is not None:
        peak = telemetry.histogram(catalog.GPU_WORK_MEMORY_PEAK)
        peak.labels(work.operation, device, work.memory.source).observe(work.memory.peak, _exemplar(span))
    if work.out_of_memory is not None:
        telemetry.counter(catalog.GPU_OUT_OF_MEMORY).labels(work.operation, work.out_of_memory).inc()
    _charge(telemetry, work)


def _charge(telemetry: "Telemetry", work: GpuWork) -> None:
    if work.cost_usd is None:
        telemetry.counter(catalog.GPU_UNPRICED).labels(work.operation, work.device.name).inc(work.gpu_seconds)
        return
    cost, customer = float(work.cost_usd), work.customer or UNATTRIBUTED
    telemetry.counter(catalog.COST).labels(work.kind).inc(cost)
    telemetry.counter(catalog.COST_ATTRIBUTED).labels(customer, work.operation).inc(cost)
    telemetry.show_price(work.device)


def _span(work: GpuWork, span: Span, error: BaseException | None) -> None:
    span.set_attributes(work.attributes())
    if error is None or work.outcome == "cancelled":
        return
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(StatusCode.ERROR, type(error).__name__)
    if work.out_of_memory is not None:
        memory = {
            name: value for name, value in work.attributes().items() if name.startswith(("plainview.memory", "error"))
        }
        span.add_event(Event.GPU_OUT_OF_MEMORY, {catalog.Attribute.OUT_OF_MEMORY_SOURCE: work.out_of_memory, **memory})


def _fields(work: GpuWork) -> dict[str, str | float | None]:
    memory = work.memory
    known = {
        "operation": work.operation,
        "customer": work.customer,
        "model": work.model,
        "device": work.device.kind,
        "gpu_uuid": work.device.uuid,
        "outcome": work.outcome,
        "duration_seconds": round(work.duration_seconds, 6),
        "gpu_seconds": round(work.gpu_seconds, 6),
        "cost_usd": None if work.cost_usd is None else float(work.cost_usd),
        "joules": None if work.joules is None else round(work.joules, 3),
        "joules_source": work.joules_source,
        "memory_source": memory.source if memory else None,
        "memory_peak_bytes": memory.peak if memory else None,
        "memory_after_bytes": memory.after if memory else None,
        "out_of_memory": work.out_of_memory,
    }
    return {name: value for name, value in known.items() if value is not None}


def _exemplar(span: Span) -> dict[str, str] | None:
    context = span.get_span_context()
    if not context.trace_flags.sampled:
        return None
    return {"trace_id": format(context.trace_id, "032x"), "span_id": format(context.span_id, "016x")}
