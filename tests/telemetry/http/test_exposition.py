import asyncio
import subprocess
from contextlib import suppress

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector
from sqlalchemy import create_engine

from telemetry import Metric, catalog, counted, from_argument, gpu_work, meters, observed, timed

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


LABELS = {"counter": ("outcome", "customer"), "gauge": ("state",), "histogram": ("outcome",), "info": ("version",)}
OWN = [
    Metric(
        f"exposed_{name}",
        kind,
        "Of an app.",
        unit="seconds" if kind == "histogram" else "",
        labels=LABELS[kind],
        buckets=(0.1, 1.0) if kind == "histogram" else (),
        bound=2,
    )
    for kind, name in {
        "counter": "orders_total",
        "gauge": "open",
        "histogram": "order_seconds",
        "info": "shop_info",
    }.items()
]


async def use_every_meter(telemetry, tmp_path):
    cache = meters.CacheMeter("c", entries=lambda: 1, size_bytes=lambda: 2)
    cache.hit()
    cache.evicted()
    with suppress(OSError), cache.operation("get"):
        raise OSError
    limiter = meters.RateLimitMeter("l")
    limiter.limited("free")
    with limiter.check():
        limiter.degraded(now=True)
    breaker = meters.BreakerMeter("b")
    breaker.state("open")
    with suppress(OSError), breaker.call():
        raise OSError
    with meters.BackgroundMeter("t").run():
        pass
    meters.HttpClientMeter().record("GET", "far.example", 0.1, error=OSError())
    telemetry.counter(catalog.RETRIES).labels("read", "OSError").inc()
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with meters.watch_engine(engine, "p"), engine.begin() as connection:
        connection.exec_driver_sql("select 1")
    engine.dispose()


@pytest.mark.integration
async def test_promtool_finds_nothing_wrong(app, client, promtool, telemetry, tmp_path):
    """With every meter in use, own metrics of every type, and a label beyond its bound."""
    counter, gauge, histogram, info = OWN

    @app.get("/x")
    @counted(counter, customer=from_argument("customer"))
    @counted(gauge, state="open")
    @timed(histogram)
    async def x(customer: str):
        return 1

    for number in range(4):
        await client.get(f"/x?customer={number}")
    observed(info, version="1").record(1)
    with gpu_work("render"):
        pass
    await use_every_meter(telemetry, tmp_path)
    text = (await client.get("/metrics")).text
    exported = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    assert exported >= {metric.name for metric in (*OWN, *catalog.section_metrics(catalog._clients))}
    assert 'telemetry_label_values_dropped_total{label="customer",metric="exposed_orders_total"} 2.0' in text
    ran = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    # promtool does not read the other format.
    assert list(parse_openmetrics((await client.get("/metrics", headers={"accept": OPENMETRICS})).text))
