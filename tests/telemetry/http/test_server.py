"""What only a real server shows: its own log lines, a client that hangs up, many requests at once."""

import asyncio
import threading

import httpx
import pytest
from fastapi.responses import StreamingResponse

from tests.telemetry.http.server import served


def test_server_shares_the_shape_and_logs_each_request_and_fault_once(app, lines, spans):
    def boom() -> None:
        raise ValueError("broken")

    app.get("/x")(lambda: 1)
    app.get("/boom")(boom)
    with served(app) as url, httpx.Client(base_url=url) as client:
        assert client.get("/x").status_code == 200
        assert client.get("/boom").status_code == 500
    found = lines()
    assert {line["logger"] for line in found} >= {"uvicorn.error", "plainview.access"}
    assert [line["route"] for line in found if line["event"] == "http.request"] == ["/x", "/boom"]
    assert [line["event"] for line in found if "exception" in line] == ["http.unhandled_exception"]
    assert not any("HTTP/1.1" in line["event"] for line in found)
    assert len(spans.server()) == 2


def test_client_that_hangs_up_in_the_middle_of_a_stream_is_disconnected(app, lines, registry):
    finished = threading.Event()

    async def endless():
        try:
            while True:
                yield b"x" * 65536
                await asyncio.sleep(0.001)
        finally:
            finished.set()

    app.get("/endless")(lambda: StreamingResponse(endless()))
    with served(app) as url:
        with httpx.Client(base_url=url) as client, client.stream("GET", "/endless") as answer:
            next(answer.iter_bytes())
        assert finished.wait(10)
    (access,) = [line for line in lines() if line["event"] == "http.request"]
    assert (access["status"], access["outcome"]) == (200, "disconnected")
    assert registry.get_sample_value("http_server_active_requests", {"http_request_method": "GET"}) == 0


@pytest.mark.parametrize("requests", [400])
@pytest.mark.slow
def test_totals_equal_what_the_client_counts(app, registry, spans, lines, requests):
    app.get("/items/{number}")(lambda number: number)

    async def ask(url: str) -> list[int]:
        async with httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=16)) as client:
            answers = await asyncio.gather(*(client.get(f"/items/{number}") for number in range(requests)))
        return [answer.status_code for answer in answers]

    with served(app) as url:
        assert asyncio.run(ask(url)) == [200] * requests
        scraped = httpx.get(f"{url}/metrics").text
    name = 'http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200"'
    assert f'{name},http_route="/items/{{number}}"}} {requests}.0' in scraped
    labels = {"http_request_method": "GET", "http_route": "/items/{number}", "http_response_status_code": "200"}
    assert registry.get_sample_value("http_server_request_duration_seconds_count", labels) == requests
    assert len(spans.server()) == requests
    access = [line for line in lines() if line["event"] == "http.request"]
    assert len({line["trace_id"] for line in access}) == len({line["request_id"] for line in access}) == requests
