import asyncio
import time
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest

from stack.native.tracestore import Limits, open_store
from stack.native.tracestore.errors import QueryTimeout
from stack.native.tracestore.metrics import TraceStoreCollector
from telemetry import catalog

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


async def test_query_past_its_deadline_is_stopped(tmp_path):
    with open_store(tmp_path / "traces.db", Limits(query=timedelta(seconds=0.2))) as store:
        began = time.monotonic()
        with pytest.raises(QueryTimeout, match=r"0\.2 s"):
            await store.ask(lambda connection: connection.execute(SLOW).fetchone())
        assert time.monotonic() - began < 10
        assert await store.ask(lambda connection: connection.execute("SELECT 1").fetchone()) == (1,)


async def test_reading_goes_on_while_spans_come_in(store, new_request):
    async def write():
        for _ in range(20):
            request = new_request()
            for _ in range(50):
                request.span()
            await store.ingest(request.body, "application/x-protobuf", "")

    async def read() -> list[int]:
        counts = []
        while not writing.done():
            (count,) = await store.ask(lambda connection: connection.execute("SELECT count(*) FROM span").fetchone())
            counts.append(count)
        return counts

    writing = asyncio.create_task(write())
    counts = await read()
    await writing
    assert counts == sorted(counts)
    assert store.stored == 1000


async def test_stop_stores_what_was_accepted(tmp_path, new_request):
    requests = [new_request() for _ in range(20)]
    for request in requests:
        request.span()
    with open_store(tmp_path / "traces.db") as store:
        pending = [asyncio.ensure_future(store.ingest(each.body, "application/x-protobuf", "")) for each in requests]
        await asyncio.sleep(0)
    await asyncio.gather(*pending)
    with open_store(tmp_path / "traces.db") as store:
        assert await store.ask(lambda connection: connection.execute("SELECT count(*) FROM span").fetchone()) == (20,)


async def test_series_are_those_of_the_catalog(store, new_request):
    request = new_request()
    request.span(start=time.time_ns() - 5 * 10**9)
    await store.ingest(request.body, "application/x-protobuf", "")
    store.refused["too_large"] += 2
    registry = CollectorRegistry()
    registry.register(TraceStoreCollector(store))
    samples = [sample for family in registry.collect() for sample in family.samples]
    assert {sample.name for sample in samples} == {name for name in catalog.SERIES if name.startswith("tracestore_")}
    for sample in samples:
        assert set(sample.labels) == catalog.SERIES[sample.name]
    value = registry.get_sample_value
    assert value(catalog.TRACESTORE_SPANS.name) == 1
    assert value(catalog.TRACESTORE_REJECTED.name, {"reason": "too_large"}) == 2
    assert value(catalog.TRACESTORE_REJECTED.name, {"reason": "bad_body"}) == 0
    assert value(catalog.TRACESTORE_SIZE.name) == store.bytes_on_disk
    assert time.time() - 10 < value(catalog.TRACESTORE_OLDEST.name) < time.time()
    assert generate_latest(registry).endswith(b"# EOF\n")
