"""`python -m telemetry serve` with real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from stack.paths import PROJECT

pytestmark = pytest.mark.slow

SHOP = """
import logging.config, os
from contextlib import asynccontextmanager
from fastapi import FastAPI, WebSocket
from prometheus_client import Counter

SOLD = Counter("shop_sold_total", "Things sold.")

@asynccontextmanager
async def lifespan(app):
    logging.config.dictConfig({"version": 1, "root": {"level": "WARNING"}})
    yield {"greeting": "hello"}

app = FastAPI(lifespan=lifespan)

@app.get("/hello/{name}")
async def hello(name: str):
    SOLD.inc()
    return {"hello": name, "pid": os.getpid()}

@app.websocket("/ws")
async def ws(socket: WebSocket):
    await socket.accept()
    await socket.send_text(socket.state.greeting)
    await socket.close()
"""


@contextmanager
def serving(folder, *options, text=SHOP, app="main:app"):
    """Serve what `text` is until the end of the block; yields a client, and the process with its output so far."""
    (folder / "main.py").write_text(text)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = folder / "out.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_"))}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "telemetry", "serve", app, "--port", str(port), *options],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(PROJECT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
            until(lambda: answers(client) or process.poll() is not None)
            yield client, process, log
    finally:
        process.terminate()
        process.wait(30)


def answers(client):
    try:
        return client.get("/openapi.json").status_code == 200
    except httpx.HTTPError:
        return False


def until(condition, within=20):
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return value


def lines_of(log):
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_app_without_a_line_of_ours_is_served_with_telemetry(tmp_path):
    with serving(tmp_path) as (client, process, log):
        assert client.get("/hello/you").headers["traceparent"]
        with connect(f"ws{str(client.base_url)[4:]}/ws") as ws:
            assert ws.recv(timeout=5) == "hello"
        scraped = client.get("/metrics").text
        process.terminate()
        assert process.wait(10) == 0
    assert "shop_sold_total 1.0" in scraped
    assert 'http_route="/hello/{name}"' in scraped
    assert "gpu_devices" in scraped
    lines = lines_of(log)
    assert {line["service"] for line in lines} == {tmp_path.name.replace("_", "-")}
    routes = [line["route"] for line in lines if line["event"] == "http.request"]
    assert routes[-1] == "/hello/{name}"  # although the app's own configuration wants warnings only
    assert [line["event"] for line in lines].count("websocket.connection") == 1


def test_taken_port_is_said_before_the_app_is_imported(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(tmp_path, "--port", str(port), text="print('imported')\napp = 1") as (_, process, log):
            assert process.wait(10) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in log.read_text()
    assert "imported" not in log.read_text()


def test_lifespan_that_fails_shows_its_traceback(tmp_path):
    text = SHOP.replace("yield {", "raise LookupError('no model')\n    yield {")
    with serving(tmp_path, text=text) as (_, process, log):
        assert process.wait(10) == 2
    said = log.read_text()
    assert "The lifespan of main:app failed:" in said
    assert "LookupError: no model" in said
    assert said.count("Traceback") == 1


@pytest.mark.slow
def test_several_processes_are_one_service_and_replace_each_other(tmp_path):
    with serving(tmp_path, "--workers", "2") as (client, process, _):

        def pids():
            return {httpx.get(f"{client.base_url}/hello/x").json()["pid"] for _ in range(8)}

        two = until(lambda: len(found := pids()) == 2 and found)
        victim = two.pop()
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(found := pids()) == 2 and victim not in found)
        process.terminate()
        assert process.wait(20) == 0
        with pytest.raises(httpx.HTTPError):
            client.get("/hello/x")


def test_several_processes_end_when_the_app_cannot_be_used(tmp_path):
    with serving(tmp_path, "--workers", "2", text="app = 1 / 0") as (_, process, log):
        assert process.wait(20) == 2
    assert "ZeroDivisionError" in log.read_text()


@pytest.mark.slow
def test_changed_file_starts_the_app_again_and_a_broken_one_is_waited_for(tmp_path):
    with serving(tmp_path, "--reload") as (client, _, log):

        def says(word):
            try:
                return word in client.get("/hello/x").json()
            except (httpx.HTTPError, ValueError):
                return False

        main = tmp_path / "main.py"
        main.write_text(SHOP.replace('"hello": name', '"hullo": name'))
        until(lambda: says("hullo"))
        main.write_text(f"{SHOP}x = (")
        until(lambda: "was never closed" in log.read_text())
        main.write_text(SHOP)
        until(lambda: says("hello"))
