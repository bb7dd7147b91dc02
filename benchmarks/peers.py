# ruff: noqa: INP001, PLC0415 - a folder of scripts, no package; only the measured variant may import a peer
"""What people put together today, as its documentation shows it: yardsticks for `http_overhead.py`."""

from __future__ import annotations

import sys
import uuid
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI

#: The distributions that each yardstick needs; without them it is reported as not installed.
NEEDS = {
    "otel": ("opentelemetry.instrumentation.fastapi",),
    "instrumentator": ("prometheus_fastapi_instrumentator",),
    "trio": ("opentelemetry.instrumentation.fastapi", "prometheus_fastapi_instrumentator", "structlog"),
}


def missing(variant: str) -> list[str]:
    return [module for module in NEEDS.get(variant, ()) if find_spec(module) is None]


def instrument_with(variant: str, app: FastAPI, sink: str) -> None:
    if variant in ("otel", "trio"):
        _opentelemetry(app, sink)
    if variant in ("instrumentator", "trio"):
        from prometheus_fastapi_instrumentator import Instrumentator

        Instrumentator().instrument(app).expose(app)
    if variant == "trio":
        app.add_middleware(_structlog_line())


def _opentelemetry(app: FastAPI, sink: str) -> None:
    """One span per request, the SDK's own batch processor: OpenTelemetry without receive and send spans."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{sink}/v1/traces")))
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, exclude_spans=["receive", "send"])


def _structlog_line() -> Any:
    """A JSON line and a request id per request, as structlog's documentation has it for ASGI."""
    import structlog
    from opentelemetry import trace

    def add_trace(_logger: Any, _name: str, event: Any) -> Any:
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            event["trace_id"] = format(span.trace_id, "032x")
            event["span_id"] = format(span.span_id, "016x")
        return event

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            add_trace,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    log = structlog.get_logger()

    class Line:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await self.app(scope, receive, send)
                return
            import time

            began, status, request_id = time.perf_counter(), 500, uuid.uuid4().hex
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(request_id=request_id)

            async def with_id(message: Any) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                await send(message)

            try:
                await self.app(scope, receive, with_id)
            finally:
                seconds = round(time.perf_counter() - began, 6)
                log.info(
                    "http.request", method=scope["method"], path=scope["path"], status=status, duration_seconds=seconds
                )

    return Line
