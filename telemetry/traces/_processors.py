"""The span processors of a provider: ours takes a slim span as it is, any other a span that it may keep."""

from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanProcessor, SynchronousMultiSpanProcessor

from telemetry.traces._processor import ExportProcessor
from telemetry.traces._slim_span import SlimSpan


class Processors(SynchronousMultiSpanProcessor):
    """Lives as long as its provider."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._exporting: tuple[ExportProcessor, ...] = ()
        self._others: tuple[SpanProcessor, ...] = ()

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        super().add_span_processor(span_processor)
        if isinstance(span_processor, ExportProcessor):
            self._exporting += (span_processor,)
        else:
            self._others += (span_processor,)

    def begun(self, span: SlimSpan, context: Context | None) -> None:
        """Tell those who want to know: ours do not."""
        for processor in self._others:
            processor.on_start(span, context)

    def ended(self, span: SlimSpan) -> None:
        """Hand `span` to each; ours has it encoded when it returns, the others may keep what they get."""
        for processor in self._others:
            processor._on_ending(span)  # noqa: SLF001 - the SDK's name for it
        for exporting in self._exporting:
            exporting.on_end(span)
        if self._others:
            readable = span._readable_span()  # noqa: SLF001 - as the SDK's span does
            for processor in self._others:
                processor.on_end(readable)
