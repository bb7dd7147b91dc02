import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from telemetry.serving import PortTaken, StartFailed, bind, serve
from tests.telemetry.sink import Sink

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def process(sink: Sink, count: int = 1) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Give a process that serves, and the addresses it answers on."""
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "PLAINVIEW_GPU": "off"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.telemetry.served", str(count)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        try:
            yield running, [f"http://127.0.0.1:{port}" for port in running.stdout.readline().split()]
        finally:
            running.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_last_span_arrives_when_the_process_is_told_to_stop(sink: Sink, number: signal.Signals) -> None:
    with process(sink) as (running, (url,)):
        assert httpx.get(f"{url}/hello").status_code == 200
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.2)  # within the interval at which spans are sent
        running.send_signal(number)
        assert running.wait(20) == 0
        assert running.stdout.read().endswith("flushed\n")
    assert [span.name for span in sink.spans] == ["GET /hello"]


def test_several_servers_stop_together(sink: Sink) -> None:
    with process(sink, 3) as (running, urls):
        answers = [httpx.get(f"{url}/hello") for url in urls]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert "server" not in answers[0].headers
        running.terminate()
        assert running.wait(20) == 0
    assert len(sink.spans) == 3


def test_application_that_cannot_start_is_an_error_and_signals_are_as_before() -> None:
    @asynccontextmanager
    async def lifespan(app):
        raise LookupError("no database")
        yield

    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with bind("127.0.0.1", 0, "PORT") as listener, pytest.raises(StartFailed):
        serve(FastAPI(lifespan=lifespan), listener, grace=timedelta(seconds=1))
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_request_under_way_is_answered_before_the_end() -> None:
    asked, answer = threading.Event(), []
    app = FastAPI()

    @app.get("/slow")
    def slow() -> str:
        asked.set()
        signal.raise_signal(signal.SIGTERM)
        return "done"

    with bind("127.0.0.1", 0, "PORT") as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/slow"
        client = threading.Thread(target=lambda: answer.append(httpx.get(url, timeout=10).json()))
        client.start()
        serve(app, listener, grace=timedelta(seconds=5))
    client.join()
    assert asked.is_set()
    assert answer == ["done"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_taken_port_is_named_with_what_to_do(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            bind(host, port, "SHOP_PORT")
    assert str(caught.value) == (
        f"SHOP_PORT={port}: cannot listen on {host}:{port}: Address already in use. "
        "Stop what uses the port, or set SHOP_PORT to a free one."
    )
    assert (caught.value.host, caught.value.port, caught.value.variable) == (host, port, "SHOP_PORT")
    assert caught.value.reason == "Address already in use"


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_address_of_another_host_is_an_error_with_its_reason(host: str) -> None:
    with pytest.raises(PortTaken, match=f"cannot listen on {host}:80.*Use an address of this host"):
        bind(host, 8000, "SHOP_PORT")
