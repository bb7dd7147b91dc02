"""One trace through two services, each a process that knows nothing of the other's telemetry."""

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.app.processes import ROOT, until


@contextmanager
def service(sink, name, *arguments, **environment):
    """Run a service and give its URL; on leaving, its last spans have been sent."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.telemetry.outbound.caller", name, *arguments],
        cwd=ROOT,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.communicate(timeout=10)
        assert process.returncode == 0


def answers(url):
    try:
        return httpx.get(f"{url}/ask").status_code == 200
    except httpx.ConnectError:
        return False


@pytest.mark.parametrize("source", ["contrib", "lean"])
@pytest.mark.slow
def test_a_call_from_one_service_to_another_is_one_trace(sink, source):
    with ExitStack() as stack:
        shop = stack.enter_context(service(sink, "stock", PLAINVIEW_SPAN_SOURCE=source))
        front = stack.enter_context(service(sink, "front", shop, PLAINVIEW_SPAN_SOURCE=source))
        until(lambda: answers(front))
        asked = httpx.get(f"{front}/ask")
    assert asked.json() == ["front", "stock"]
    trace = asked.headers["traceparent"].split("-")[1]
    spans = {span.span_id: span for span in sink.spans if span.trace_id.hex() == trace}
    (first,) = [span for span in spans.values() if not span.parent_span_id]
    (call,) = [span for span in spans.values() if span.parent_span_id == first.span_id]
    (second,) = [span for span in spans.values() if span.parent_span_id == call.span_id]
    kinds = [span.kind for span in (first, call, second)]
    assert kinds == [Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_SERVER]
    assert [span.name for span in (first, call, second)] == ["GET /ask", "GET", "GET /ask"]
    assert len(spans) == 3
