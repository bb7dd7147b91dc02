"""Telemetry of one process: started at its entry point, flushed and undone at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import Tracer
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry import catalog, logs, outbound, traces
from telemetry._current import current_is, hand_over
from telemetry._edge import Edge
from telemetry._families import Families
from telemetry._gc_pauses import GcPauses
from telemetry._held import Held
from telemetry._secrets import adding
from telemetry.exposition import Exposition, Gate, exposed
from telemetry.gpu._device import Device, cpu_device
from telemetry.logs import Logs
from telemetry.settings import TelemetrySettings
from telemetry.traces import Provider

if TYPE_CHECKING:
    from telemetry.gpu._readings import Card
    from telemetry.work._places import Places

_MOMENT: Final = timedelta(milliseconds=250)


class Telemetry:
    """Where this process reports to. Made by `start`; lives as long as the process or the test."""

    def __init__(
        self,
        settings: TelemetrySettings,
        families: Families,
        tracer_provider: Provider,
        logs: Logs,
        exposition: Exposition,
    ) -> None:
        self.settings = settings
        self.prices = settings.prices
        self.families = families
        self.exposition = exposition
        self.gate = Gate(settings.metrics_token, families)
        self.tracer_provider = tracer_provider
        self.tracer: Tracer = tracer_provider.get_tracer("plainview")
        self.logs = logs
        self.held = Held()
        self.device: Callable[[], Device] = cpu_device
        self.cards: Callable[[], Sequence[Card]] = tuple
        self.watches_gpus = False
        self._lock = threading.Lock()
        self._places: Places | None = None
        self._opened = ExitStack()

    @property
    def registry(self) -> CollectorRegistry:
        return self.families.registry

    def counter(self, metric: catalog.Metric) -> Counter:
        """Return the counter of this catalog entry, the same object on every call."""
        return self.families.counter(metric)

    def gauge(self, metric: catalog.Metric) -> Gauge:
        """Return the gauge of this catalog entry, the same object on every call; also for `info` entries."""
        return self.families.gauge(metric)

    def histogram(self, metric: catalog.Metric) -> Histogram:
        """Return the histogram of this catalog entry, the same object on every call."""
        return self.families.histogram(metric)

    def register(self, collector: Collector) -> None:
        """Add a collector that is read at every scrape."""
        self.registry.register(collector)

    def show_price(self, device: Device) -> None:
        """Export the price of a second of `device`, where it is known."""
        price = self.prices.of(device).usd_per_second
        if price is not None:
            self.gauge(catalog.GPU_PRICE).labels(device.kind).set(float(price))

    def edge(self, part: str) -> Edge:
        """Return a context manager in which an error of telemetry's is caught, counted and logged once."""
        return self.families.edge(part)

    @property
    def places(self) -> Places:
        """The devices that work of this process runs on, with their memory; exported from the first use on."""
        if self._places is None:
            from telemetry.work._collector import MemoryCollector  # noqa: PLC0415 - most processes hold no device
            from telemetry.work._places import Places  # noqa: PLC0415

            with self._lock:
                if self._places is None:
                    places = Places(self._busy)
                    self.register(MemoryCollector(places, self.edge("memory")))
                    self._places = places
        return self._places

    def watch_gpus(self) -> None:
        """Read the cards from now on, unless somebody does: for work in an app that has not opened them itself.

        The first reading is waited for, for a moment only: where NVML is slow to start, the first works do not know yet
        what they run on.
        """
        with self._lock:
            if self.watches_gpus:
                return
            self.watches_gpus = True
        from telemetry.gpu import open_gpus  # noqa: PLC0415 - as above

        with self.edge("gpu"):
            self._opened.enter_context(open_gpus(self.settings, self, first_reading=_MOMENT))

    def close(self) -> None:
        """Let go of the cards, where `watch_gpus` has opened them."""
        self._opened.close()

    def _busy(self, device: Device, seconds: float) -> None:
        with self.edge("gpu_work"):
            self.counter(catalog.GPU_WORK_BUSY).labels(device.kind, device.uuid or "").inc(seconds)

    def serve_metrics(self, host: str, port: int, *, ready: Callable[[], bool]) -> AbstractContextManager[int]:
        """Serve /metrics, /health/live and /health/ready from a thread, for processes that are no web service.

        The manager yields the port, which is useful when it was given as 0.

        Raises:
            OSError: the address is taken; the message names it.
        """
        from telemetry._serve import serving  # noqa: PLC0415 - http.server is needed by workers only

        return serving(self.exposition, self.gate, host, port, ready)


@contextmanager
def start(
    settings: TelemetrySettings,
    *,
    registry: CollectorRegistry | None = None,
    span_processor: SpanProcessor | None = None,
) -> Iterator[Telemetry]:
    """Set up logs, traces and metrics of this process; flush within 3 s and undo on exit.

    Args:
        settings: what to report and where to.
        registry: takes the series of this process; a fresh one for each start. Without it a new one is made, which
            shows what others registered with prometheus-client's default registry too.
        span_processor: gets every finished span besides the export, for instance to look at them in a test.
    """
    with ExitStack() as stack:
        families = Families(registry)
        hand_over(families)
        stack.enter_context(adding(settings.redact_fields, settings.redact_patterns))
        opened_logs = stack.enter_context(logs.opened(settings, families=families))
        # Around the traces, whose last counts come when they are closed.
        edge = families.edge("processes")
        exposition = stack.enter_context(exposed(families, settings.service_name, settings.runtime_dir, edge))
        provider = stack.enter_context(traces.opened(settings, families, span_processor))
        telemetry = Telemetry(settings, families, provider, opened_logs, exposition)
        families.gauge(catalog.TELEMETRY_BUILD).labels(_version(), settings.service_name).set(1)
        pauses = GcPauses()
        telemetry.register(pauses)
        stack.enter_context(pauses.watching())
        stack.callback(telemetry.close)
        stack.enter_context(current_is(telemetry))
        stack.enter_context(outbound.opened(settings, telemetry.edge("outbound")))
        yield telemetry


def _version() -> str:
    try:
        return version("plainview")
    except PackageNotFoundError:
        return "source"
