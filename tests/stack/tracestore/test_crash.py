"""What was acknowledged is there after `kill -9`, and a damaged file does not keep the store from starting."""

import sqlite3
import subprocess
import sys

import pytest

from stack.native.tracestore import open_store, reader
from stack.native.tracestore.errors import Unavailable

WRITER = """
import asyncio, os, sys, time
from pathlib import Path
from stack.native.tracestore import open_store
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

async def main():
    with open_store(Path(sys.argv[1])) as store:
        number = 0
        while True:
            number += 1
            request = ExportTraceServiceRequest()
            span = request.resource_spans.add().scope_spans.add().spans.add()
            span.trace_id, span.span_id = number.to_bytes(16, "big"), number.to_bytes(8, "big")
            span.start_time_unix_nano = span.end_time_unix_nano = time.time_ns()
            await store.ingest(request.SerializeToString(), "application/x-protobuf", "")
            print(number, flush=True)

asyncio.run(main())
"""


async def test_acknowledged_spans_survive_kill_9(tmp_path):
    path = tmp_path / "traces.db"
    process = subprocess.Popen(  # noqa: ASYNC220 - it is killed before anything is awaited
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        acknowledged = [int(process.stdout.readline()) for _ in range(200)]
        process.kill()
        acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with open_store(path, None) as store:
        for number in (1, acknowledged[-1]):
            trace_id = number.to_bytes(16, "big")
            assert await store.ask(lambda connection, trace_id=trace_id: reader.trace(connection, trace_id, 10))
        (count,) = await store.ask(lambda connection: connection.execute("SELECT count(*) FROM span").fetchone())
    assert count >= len(acknowledged)


@pytest.mark.parametrize("damage", ["not a database", "other version"])
async def test_file_that_cannot_be_used_is_set_aside(tmp_path, new_request, damage):
    path = tmp_path / "traces.db"
    if damage == "not a database":
        path.write_bytes(b"these are not the pages you are looking for" * 200)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    request = new_request()
    request.span()
    with open_store(path) as store:
        await store.ingest(request.body, "application/x-protobuf", "")
        assert store.stored == 1
    assert len(list(tmp_path.glob("traces.db.set-aside-*"))) == 1


async def test_full_disk_is_an_outage_that_ends(tmp_path, new_request):
    """SQLite's own page limit stands in for the disk: the error and the way back are the same."""
    with open_store(tmp_path / "traces.db") as store:
        connection = store._writer.table._connection
        connection.execute("PRAGMA max_page_count = 40")
        request = new_request()
        for _ in range(300):
            request.span(text="x" * 1000)
        with pytest.raises(Unavailable, match="full"):
            await store.ingest(request.body, "application/x-protobuf", "")
        assert not store.ready
        assert "full" in store.failure
        connection.execute("PRAGMA max_page_count = 100000")
        await store.ingest(request.body, "application/x-protobuf", "")
        assert store.ready
        assert store.stored == 300
