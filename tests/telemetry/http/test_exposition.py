import asyncio
import subprocess

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector

from telemetry import gpu_work

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


async def test_text_by_default_and_openmetrics_when_asked(app, client):
    plain = await client.get("/metrics")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert list(parse_text(plain.text))
    open_ = await client.get("/metrics", headers={"accept": OPENMETRICS})
    assert open_.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert list(parse_openmetrics(open_.text))
    assert open_.text.endswith("# EOF\n")


async def test_created_series_are_left_out(app, client):
    app.get("/x")(lambda: 1)
    await client.get("/x")
    assert "_created" not in (await client.get("/metrics", headers={"accept": OPENMETRICS})).text


async def test_gzip_only_when_asked(app, client):
    assert "content-encoding" not in (await client.get("/metrics", headers={"accept-encoding": "identity"})).headers
    assert (await client.get("/metrics", headers={"accept-encoding": "gzip"})).headers["content-encoding"] == "gzip"


async def test_head_has_no_body_and_post_is_refused(app, client):
    assert (await client.head("/metrics")).content == b""
    assert (await client.post("/metrics")).status_code == 405


async def test_a_slow_scrape_does_not_hold_up_requests(app, client, telemetry):
    """The collector below waits until a request has been answered: on the event loop that would never happen."""
    import threading  # noqa: PLC0415

    answered = threading.Event()

    class Slow(Collector):
        def collect(self) -> list[Metric]:
            assert answered.wait(10)
            return []

    app.get("/x")(lambda: 1)
    telemetry.register(Slow())
    scrape = asyncio.create_task(client.get("/metrics"))
    await asyncio.sleep(0)
    assert (await client.get("/x")).status_code == 200
    answered.set()
    assert (await scrape).status_code == 200


@pytest.mark.integration
async def test_promtool_finds_nothing_wrong(app, client, promtool):
    app.get("/x")(lambda: 1)
    await client.get("/x")
    with gpu_work("render"):
        pass
    text = (await client.get("/metrics")).text
    ran = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
