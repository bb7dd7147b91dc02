import os
import time
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from stack.native.tracestore import Limits, TraceStore, open_store, otlp_app, query_app
from tests.stack.tracestore.serving import serving

PROTOBUF = {"content-type": "application/x-protobuf"}
SECOND = 10**9


def value(item) -> AnyValue:  # noqa: PLR0911 - one return for each type
    match item:
        case bool():
            return AnyValue(bool_value=item)
        case int():
            return AnyValue(int_value=item)
        case float():
            return AnyValue(double_value=item)
        case bytes():
            return AnyValue(bytes_value=item)
        case list():
            made = AnyValue()
            made.array_value.values.extend(value(part) for part in item)
            return made
        case dict():
            made = AnyValue()
            made.kvlist_value.values.extend(attributes(item))
            return made
    return AnyValue(string_value=item)


def attributes(items: dict) -> list[KeyValue]:
    return [KeyValue(key=key, value=value(item)) for key, item in items.items()]


class Request:
    """An OTLP request built span by span, as an exporter would send it."""

    def __init__(self, service="api", scope=("tests", "1.0"), **resource) -> None:
        self.message = ExportTraceServiceRequest()
        resource_spans = self.message.resource_spans.add()
        named = {"service.name": service} if service else {}
        resource_spans.resource.attributes.extend(attributes(named | resource))
        self._scope = resource_spans.scope_spans.add()
        self._scope.scope.name, self._scope.scope.version = scope

    def span(
        self, name="GET /", *, trace=None, parent=b"", start=None, seconds=0.01, kind=2, status=0, **tags
    ) -> bytes:
        span = self._scope.spans.add()
        span.trace_id = trace or os.urandom(16)
        span.span_id = os.urandom(8)
        span.parent_span_id = parent
        span.name = name
        span.kind = kind
        span.status.code = status
        span.start_time_unix_nano = start if start is not None else time.time_ns() - SECOND
        span.end_time_unix_nano = span.start_time_unix_nano + int(seconds * SECOND)
        span.attributes.extend(attributes(tags))
        return span.trace_id

    @property
    def last(self):
        return self._scope.spans[-1]

    @property
    def body(self) -> bytes:
        return self.message.SerializeToString()


@pytest.fixture
def new_request() -> type[Request]:
    return Request


@pytest.fixture
def limits() -> Limits:
    return Limits(body_bytes=1024 * 1024)


@pytest.fixture
def store(tmp_path, limits) -> Iterator[TraceStore]:
    with open_store(tmp_path / "traces.db", limits) as opened:
        yield opened


@pytest.fixture
async def otlp(store) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(otlp_app(store)), base_url="http://store:4318"
    ) as client:
        yield client


@pytest.fixture
async def jaeger(store) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(query_app(store)), base_url="http://store") as client:
        yield client


@pytest.fixture
def send(store) -> Callable:
    """Store a request as if it had come in over HTTP."""

    async def _send(request: Request):
        return await store.ingest(request.body, "application/x-protobuf", "")

    return _send


@pytest.fixture
def served() -> Callable:
    """Serve an application over real HTTP on a free port of loopback."""
    return serving
