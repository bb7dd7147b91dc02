"""Telemetry started for one test: its spans in memory, its series in a fresh registry, its log lines captured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry

from telemetry import Telemetry, TelemetrySettings, instrument, start
from tests.telemetry.outbound.far import Far
from tests.telemetry.sink import Sink

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME", "PLAINVIEW_GPU", "PLAINVIEW_LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)


class Spans:
    """The spans that ended, oldest first."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.processor = SimpleSpanProcessor(self._exporter)

    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def server(self) -> list[ReadableSpan]:
        return [span for span in self.all() if span.kind is SpanKind.SERVER]

    def only(self) -> ReadableSpan:
        (span,) = self.all()
        return span


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def settings() -> TelemetrySettings:
    return TelemetrySettings(service_name="shop", gpu="off")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Return a function that gives the log lines since its last call; ask for it before `telemetry`."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def telemetry(
    lines: Lines, settings: TelemetrySettings, registry: CollectorRegistry, spans: Spans
) -> Iterator[Telemetry]:
    with start(settings, registry=registry, span_processor=spans.processor) as telemetry:
        yield telemetry


@pytest.fixture
def app(telemetry: Telemetry) -> FastAPI:
    app = FastAPI()
    instrument(app, telemetry)
    return app


@pytest.fixture
async def client(app: FastAPI) -> Any:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test:8000") as client:
        yield client


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


@pytest.fixture
def far() -> Iterator[Far]:
    with Far() as far:
        yield far
