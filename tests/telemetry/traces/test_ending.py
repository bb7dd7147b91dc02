"""The spans of the last second, when a server is stopped by a signal that ends its process on the spot."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from telemetry.traces._answer import Refused
from tests.telemetry.traces.exporting import QUICK, Exporting, Scripted


@contextmanager
def serving(receiver_url):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("stopped.py"), str(port)],
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver_url, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/x").status_code == 200
        yield process
    finally:
        process.kill()
        process.wait()


def test_last_spans_are_sent_before_uvicorn_ends_the_process(sink):
    with serving(sink.url) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == -signal.SIGTERM
    assert [span.name for span in sink.spans] == ["GET /x"]


@pytest.mark.slow
def test_hanging_receiver_holds_up_the_end_for_no_more_than_three_seconds(sink):
    sink.hold.clear()
    with serving(sink.url) as process:
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - began < 3


def test_end_and_shutdown_share_their_time(sink, ended):
    sink.hold.clear()
    exporting = Exporting(sink.url, ended, replace(QUICK, shutdown=timedelta(milliseconds=300)))
    exporting.end(3)
    began = time.monotonic()
    exporting.processor.finish()
    exporting.end(2)
    exporting.processor.shutdown()
    assert time.monotonic() - began < 0.55
    assert (exporting.dropped("shutdown"), exporting.queued) == (5, 0)


@pytest.mark.parametrize("answers", [0, 1], ids=["healthy", "refusing"])
def test_spans_that_end_after_the_end_are_taken_still(answers, ended):
    exporting = Exporting(Scripted(*[Refused("http_503", retry=True)] * answers), ended)
    exporting.end(3)
    exporting.processor.finish()
    assert (exporting.exported, exporting.dropped("shutdown")) == ((0, 3) if answers else (3, 0))
    exporting.end(2)
    exporting.flush()
    assert exporting.exported == (2 if answers else 5)
    exporting.processor.shutdown()
