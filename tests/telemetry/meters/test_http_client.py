"""Calls to other services, by httpx against a real server."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from telemetry.meters import AsyncMeteredTransport, HttpClientMeter, MeteredTransport

COUNT = "http_client_request_duration_seconds_count"


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path[1:]))
            self.send_header("content-length", "0")
            self.end_headers()

        do_PROPFIND = do_GET  # noqa: N815 - the base class names methods so

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def count(value):
    def read(status="200", error_type="", method="GET", address="127.0.0.1"):
        return value(
            COUNT,
            http_request_method=method,
            server_address=address,
            http_response_status_code=status,
            error_type=error_type,
        )

    return read


def test_requests_are_timed_by_method_host_and_status(server, count):
    with httpx.Client(transport=MeteredTransport(httpx.HTTPTransport())) as client:
        assert client.get(f"{server}/200").status_code == 200
        client.get(f"{server}/503")
        client.request("PROPFIND", f"{server}/200")
    assert count() == 1
    assert count("503", "503") == 1
    assert count(method="_OTHER") == 1


async def test_an_asynchronous_client_is_measured_alike(server, count):
    async with httpx.AsyncClient(transport=AsyncMeteredTransport(httpx.AsyncHTTPTransport())) as client:
        assert (await client.get(f"{server}/404")).status_code == 404
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:9/200")
    assert count("404", "404") == 1
    assert count("", "ConnectError") == 1


def test_a_request_without_an_answer_has_its_error(count):
    with (
        httpx.Client(transport=MeteredTransport(httpx.HTTPTransport())) as client,
        pytest.raises(httpx.ConnectError),
    ):
        client.get("http://127.0.0.1:9/200")
    assert count("", "ConnectError") == 1


def test_hosts_cannot_flood(count):
    meter = HttpClientMeter()
    for number in range(150):
        meter.record("get", f"customer-{number}.example", 0.01, status=200)
    assert count(address="customer-0.example") == 1
    assert count(address="other") == 50
