"""The file stays within its bounds, whatever is sent."""

import asyncio
import os
import time
from datetime import timedelta

import pytest

from stack.native.tracestore import Limits, open_store, reader
from stack.native.tracestore.errors import QueryTimeout
from stack.native.tracestore.limits import MIB

CAP = 5 * MIB

ENDLESS = """WITH RECURSIVE n(i) AS (SELECT (SELECT min(id) FROM span) UNION ALL SELECT i + 1 FROM n)
             SELECT count(*) FROM n"""


async def fill(store, new_request, megabytes: int, first: int = 0) -> list[bytes]:
    """Send so many megabytes of traces with four spans each; return their ids in order."""
    trace_ids = []
    sent = 0
    while sent < megabytes * MIB:
        request = new_request(f"service-{(first + len(trace_ids)) // 1000}")
        for _ in range(50):
            trace_id = request.span("root", text=os.urandom(200).hex())
            for number in range(3):
                request.span(f"child {number}", trace=trace_id, parent=request.last.span_id, text=os.urandom(200).hex())
            trace_ids.append(trace_id)
        sent += len(request.body)
        await store.ingest(request.body, "application/x-protobuf", "")
        assert store.bytes_on_disk <= store.limits.store_bytes
    return trace_ids


async def count(store, trace_id: bytes) -> int:
    found = await store.ask(lambda connection: reader.trace(connection, trace_id, 100))
    return len(found.spans) if found else 0


async def test_size_cap_holds_at_every_moment_and_the_newest_stay_whole(tmp_path, new_request):
    with open_store(tmp_path / "traces.db", Limits(store_bytes=CAP)) as store:
        trace_ids = await fill(store, new_request, 20)
        assert store.removed["size"] > 0
        assert store.stored == len(trace_ids) * 4
        counts = [await count(store, trace_id) for trace_id in trace_ids]
        services = await store.ask(reader.services)
        oldest = store.oldest
    assert set(counts) <= {0, 4}
    assert counts == sorted(counts), "older traces go before newer ones"
    assert counts.count(4) * 4 * 450 > CAP / 4, "the space is used"
    assert services[0] != "service-0", "services without spans are forgotten"
    assert oldest > time.time() - 600
    assert (tmp_path / "traces.db").stat().st_size <= CAP


async def test_long_query_does_not_let_the_log_outgrow_the_cap(tmp_path, new_request):
    """A reader keeps SQLite from reusing its log; the writer waits for it, and the reader has a deadline."""
    limits = Limits(store_bytes=CAP, query=timedelta(seconds=1))
    with open_store(tmp_path / "traces.db", limits) as store:
        await fill(store, new_request, 1)
        reading = asyncio.create_task(store.ask(lambda connection: connection.execute(ENDLESS).fetchone()))
        await fill(store, new_request, 6, first=10**6)
        with pytest.raises(QueryTimeout):
            await reading


async def test_lower_cap_shrinks_the_file_at_the_next_start(tmp_path, new_request):
    path = tmp_path / "traces.db"
    with open_store(path, Limits(store_bytes=40 * MIB)) as store:
        trace_ids = await fill(store, new_request, 12)
    assert path.stat().st_size > CAP
    with open_store(path, Limits(store_bytes=CAP)) as store:
        assert store.bytes_on_disk <= CAP
        assert await count(store, trace_ids[-1]) == 4
        assert await count(store, trace_ids[0]) == 0


async def test_traces_past_their_age_are_removed_at_start(tmp_path, new_request):
    path = tmp_path / "traces.db"
    hour = 3600 * 10**9
    request = new_request("old")
    old = request.span(start=time.time_ns() - 8 * 24 * hour)
    other = new_request("new")
    recent = other.span(start=time.time_ns() - 6 * 24 * hour)
    with open_store(path) as store:
        for each in (request, other):
            await store.ingest(each.body, "application/x-protobuf", "")
    with open_store(path) as store:
        assert (await count(store, old), await count(store, recent)) == (0, 1)
        assert await store.ask(reader.services) == ["new"]
        assert store.removed == {"size": 0, "age": 1}


async def test_names_are_known_again_after_all_spans_went(tmp_path, new_request):
    with open_store(tmp_path / "traces.db") as store:
        request = new_request("again")
        request.span(start=1)
        await store.ingest(request.body, "application/x-protobuf", "")
        store._writer.table.tidy()
        assert await store.ask(reader.services) == []
        request = new_request("again")
        trace_id = request.span()
        await store.ingest(request.body, "application/x-protobuf", "")
        assert await store.ask(reader.services) == ["again"]
        assert await count(store, trace_id) == 1


def test_cap_below_the_least_is_refused_with_the_least():
    with pytest.raises(ValueError, match="4194304"):
        Limits(store_bytes=1000)


async def test_many_large_resources_make_room_too(tmp_path, new_request):
    """Each process that reports has a resource of its own, which may be far larger than its spans."""
    with open_store(tmp_path / "traces.db", Limits(store_bytes=4 * MIB)) as store:
        for number in range(1200):
            request = new_request("api", process=f"{number} {os.urandom(2000).hex()}")
            request.span("GET /")
            await store.ingest(request.body, "application/x-protobuf", "")
            assert store.failure is None
            assert store.bytes_on_disk <= store.limits.store_bytes
        assert store.removed["size"] > 0
        assert store.stored == 1200
