"""The tracer provider of one process."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import SpanLimits, SpanProcessor
from opentelemetry.trace import SpanContext

from telemetry._families import Families
from telemetry.settings import TelemetrySettings
from telemetry.traces._global import pointing_to
from telemetry.traces._head import head_sampler, keeps_any
from telemetry.traces._kept import KeptTraces
from telemetry.traces._processor import ExportProcessor
from telemetry.traces._processors import Processors
from telemetry.traces._receiver import HttpReceiver
from telemetry.traces._reports import ExportReports
from telemetry.traces._resource import process_resource
from telemetry.traces._selfmetrics import ExportMetrics
from telemetry.traces._slim_tracer import SlimTracerProvider


class Provider(SlimTracerProvider):
    """The SDK's provider, and what became of a span that has ended."""

    kept: KeptTraces | None = None
    exporter: ExportProcessor | None = None

    def finish(self) -> None:
        """Send the spans that wait, within 2 s: a server that ends may end the process before anything else can."""
        if self.exporter is not None:
            self.exporter.finish()

    def exports(self, context: SpanContext) -> bool:
        """Return whether a span that has ended is exported, so that an exemplar may lead to it."""
        return context.trace_flags.sampled or (self.kept is not None and context.trace_id in self.kept)


@contextmanager
def opened(
    settings: TelemetrySettings, families: Families, span_processor: SpanProcessor | None = None
) -> Iterator[Provider]:
    """Yield a provider that exports to the settings' receiver, if any, and to `span_processor`; flushed at the end."""
    provider = Provider(
        resource=process_resource(settings),
        sampler=head_sampler(settings),
        span_limits=_limits(settings),
        active_span_processor=Processors(),
        shutdown_on_exit=False,
    )
    metrics = ExportMetrics(families)
    if settings.otlp_endpoint is not None:
        receiver = HttpReceiver(settings)
        if keeps_any(settings):
            provider.kept = KeptTraces(errors=settings.trace_errors, slower_than=settings.trace_slow)
        reports = ExportReports(receiver.url)
        provider.exporter = ExportProcessor(receiver, metrics, reports, kept=provider.kept)
        provider.add_span_processor(provider.exporter)
    if span_processor is not None:
        provider.add_span_processor(span_processor)
    try:
        with pointing_to(provider):
            yield provider
    finally:
        provider.shutdown()


def _limits(settings: TelemetrySettings) -> SpanLimits:
    return SpanLimits(
        max_attribute_length=settings.attribute_length,
        max_span_attribute_length=settings.attribute_length,
        max_attributes=settings.attribute_count,
        max_span_attributes=settings.attribute_count,
        max_event_attributes=settings.event_attribute_count,
        max_link_attributes=settings.link_attribute_count,
        max_events=settings.event_count,
        max_links=settings.link_count,
    )
