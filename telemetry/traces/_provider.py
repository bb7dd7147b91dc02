"""The tracer provider of one process."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from telemetry._families import Families
from telemetry.settings import TelemetrySettings
from telemetry.traces._global import pointing_to
from telemetry.traces._processor import ExportProcessor
from telemetry.traces._receiver import HttpReceiver
from telemetry.traces._reports import ExportReports
from telemetry.traces._selfmetrics import ExportMetrics


@contextmanager
def opened(
    settings: TelemetrySettings, families: Families, span_processor: SpanProcessor | None = None
) -> Iterator[TracerProvider]:
    """Yield a provider that exports to the settings' receiver, if any, and to `span_processor`; flushed at the end."""
    attributes = {SERVICE_NAME: settings.service_name}
    if settings.service_version:
        attributes[SERVICE_VERSION] = settings.service_version
    provider = TracerProvider(
        resource=Resource.create(attributes),
        sampler=ParentBased(TraceIdRatioBased(settings.sample_ratio)),
        span_limits=SpanLimits(max_attribute_length=4096, max_attributes=128, max_events=128),
        shutdown_on_exit=False,
    )
    metrics = ExportMetrics(families)
    if settings.otlp_endpoint is not None:
        receiver = HttpReceiver(settings)
        provider.add_span_processor(ExportProcessor(receiver, metrics, ExportReports(receiver.url)))
    if span_processor is not None:
        provider.add_span_processor(span_processor)
    try:
        with pointing_to(provider):
            yield provider
    finally:
        provider.shutdown()
