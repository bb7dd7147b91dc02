"""OTLP/HTTP in: what is stored, what is refused, and how it is said."""

import asyncio
import gzip
import json
import zlib

import httpx
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from stack.native.tracestore import Limits, open_store, otlp_app, reader
from stack.native.tracestore.errors import Unavailable

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


async def spans_of(store, trace_id: bytes) -> list:
    found = await store.ask(lambda connection: reader.trace(connection, trace_id, 1000))
    return [stored.span for stored in found.spans] if found else []


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
async def test_spans_of_the_real_exporter_arrive_whole(store, served, compression):
    with served(otlp_app(store)) as url:
        provider = TracerProvider(resource=Resource.create({"service.name": "shop"}), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", compression=compression)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        tracer = provider.get_tracer("tests", "1.2")
        with tracer.start_as_current_span("buy", attributes={"items": 3, "gift": True}) as outer:
            outer.add_event("paid", {"by": "card"})
            with tracer.start_as_current_span("reserve"):
                pass
        await asyncio.to_thread(provider.shutdown)
    buy, reserve = await spans_of(store, outer.get_span_context().trace_id.to_bytes(16, "big"))
    assert (buy.name, reserve.name) == ("buy", "reserve")
    assert reserve.parent_span_id == buy.span_id
    assert buy.events[0].name == "paid"
    assert await store.ask(reader.services) == ["shop"]


async def test_json_has_hex_ids_and_unknown_fields_are_ignored(otlp, store):
    span = {
        "traceId": "5B8EFFF798038103D269B633813FC60C",
        "spanId": "EEE19B7EC3C1B174",
        "parentSpanId": "",
        "name": "I'm a server span",
        "startTimeUnixNano": "1544712660000000000",
        "endTimeUnixNano": 1544712661000000000,
        "kind": 2,
        "attributes": [{"key": "my.span.attr", "value": {"stringValue": "some value"}}],
        "links": [{"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708"}],
        "fromTheFuture": {"a": [1]},
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "lib"}, "spans": [span]}]}]}
    answer = await otlp.post("/v1/traces", json=body)
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (200, {}, "application/json")
    (stored,) = await spans_of(store, bytes.fromhex("5b8efff798038103d269b633813fc60c"))
    assert stored.span_id.hex() == "eee19b7ec3c1b174"
    assert stored.links[0].trace_id.hex() == "0102030405060708090a0b0c0d0e0f10"
    assert stored.end_time_unix_nano - stored.start_time_unix_nano == 10**9


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)]
)
async def test_compressed_bodies_are_unpacked(otlp, store, new_request, encoding, pack):
    request = new_request()
    trace_id = request.span()
    headers = PROTOBUF | {"content-encoding": encoding}
    answer = await otlp.post("/v1/traces", content=pack(request.body), headers=headers)
    assert answer.status_code == 200
    assert len(await spans_of(store, trace_id)) == 1


async def test_empty_request_is_fine(otlp):
    answer = await otlp.post("/v1/traces", content=b"", headers=PROTOBUF)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("content", "headers", "status", "reason"),
    [
        pytest.param(b"\xff\xff\xffgarbage", PROTOBUF, 400, "bad_body", id="not protobuf"),
        pytest.param(b"{", JSON, 400, "bad_body", id="not JSON"),
        pytest.param(b"[]", JSON, 400, "bad_body", id="not an object"),
        pytest.param(b'{"resourceSpans": 3}', JSON, 400, "bad_body", id="wrong shape"),
        pytest.param(b"\xff", JSON, 400, "bad_body", id="not UTF-8"),
        pytest.param(b"[" * 100_000, JSON, 400, "bad_body", id="deep"),
        pytest.param(b"garbage", PROTOBUF | {"content-encoding": "gzip"}, 400, "bad_body", id="not gzip"),
        pytest.param(
            gzip.compress(b"x" * 1000)[:-9], PROTOBUF | {"content-encoding": "gzip"}, 400, "bad_body", id="cut short"
        ),
        pytest.param(b"x", {"content-type": "text/plain"}, 415, "unsupported_media", id="text"),
        pytest.param(b"x", {}, 415, "unsupported_media", id="no type"),
        pytest.param(b"x", PROTOBUF | {"content-encoding": "br"}, 415, "unsupported_media", id="brotli"),
        pytest.param(b"x" * (1024 * 1024 + 1), PROTOBUF, 413, "too_large", id="too large"),
        pytest.param(
            gzip.compress(b"\0" * 50_000_000), PROTOBUF | {"content-encoding": "gzip"}, 413, "too_large", id="bomb"
        ),
    ],
)
async def test_what_cannot_be_stored_is_refused_with_a_status_message(otlp, store, content, headers, status, reason):
    answer = await otlp.post("/v1/traces", content=content, headers=headers)
    assert answer.status_code == status
    if answer.headers["content-type"] == "application/json":
        message = json.loads(answer.content)["message"]
    else:
        message = Status.FromString(answer.content).message
    assert message
    assert store.refused == {reason: 1}
    assert store.ready


async def test_body_is_cut_off_at_the_limit_without_a_content_length(store, limits, served):
    sent = 0

    def endless():
        nonlocal sent
        while True:
            sent += 65536
            yield b"\0" * 65536

    with served(otlp_app(store)) as url:
        try:
            answer = await asyncio.to_thread(httpx.post, f"{url}/v1/traces", content=endless(), headers=PROTOBUF)
            assert answer.status_code == 413
        except (httpx.WriteError, httpx.ReadError):  # the server hung up while we were still sending
            pass
    assert store.refused == {"too_large": 1}


async def test_bad_spans_are_reported_and_the_others_stored(otlp, store, new_request):
    request = new_request()
    good = request.span("good")
    request.span("no trace id")
    request.last.trace_id = bytes(16)
    request.span("short span id")
    request.last.span_id = b"123"
    request.span("far future")
    request.last.start_time_unix_nano = 2**64 - 1
    answer = await otlp.post("/v1/traces", content=request.body, headers=PROTOBUF)
    assert answer.status_code == 200
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_spans == 3
    assert "trace id" in partial.error_message
    assert store.stored == 1
    assert len(await spans_of(store, good)) == 1


async def test_span_beyond_its_size_is_left_out(tmp_path, new_request):
    request = new_request()
    request.span("small")
    request.span("large", text="x" * 5000)
    with open_store(tmp_path / "traces.db", Limits(span_bytes=4096)) as store:
        rejected = await store.ingest(request.body, "application/x-protobuf", "")
        assert (rejected.count, store.stored) == (1, 1)
        assert "4096" in rejected.reason


async def test_batch_that_is_sent_again_is_stored_once(otlp, store, new_request):
    request = new_request()
    trace_id = request.span()
    for _ in range(2):
        await otlp.post("/v1/traces", content=request.body, headers=PROTOBUF)
    assert len(await spans_of(store, trace_id)) == 1
    assert store.stored == 1


@pytest.mark.parametrize("signal", ["metrics", "logs"])
async def test_other_signals_are_told_that_they_are_not_kept(otlp, signal):
    answer = await otlp.post(f"/v1/{signal}", content=b"", headers=PROTOBUF)
    assert answer.status_code == 404
    assert "traces only" in Status.FromString(answer.content).message


async def test_many_senders_at_once_lose_nothing(store, otlp, new_request):
    requests = [new_request(service=f"s{number % 5}") for number in range(40)]
    for request in requests:
        for number in range(20):
            request.span(f"operation {number}")
    answers = await asyncio.gather(
        *(otlp.post("/v1/traces", content=request.body, headers=PROTOBUF) for request in requests)
    )
    assert {answer.status_code for answer in answers} == {200}
    assert store.stored == 800
    assert await store.ask(reader.services) == ["s0", "s1", "s2", "s3", "s4"]


async def test_full_queue_asks_the_sender_to_come_back(tmp_path, new_request):
    request = new_request()
    for _ in range(50):
        request.span()
    with open_store(tmp_path / "traces.db", Limits(queue_bytes=len(request.body) * 2)) as store:
        results = await asyncio.gather(
            *(store.ingest(request.body, "application/x-protobuf", "") for _ in range(50)), return_exceptions=True
        )
        refused = [result for result in results if isinstance(result, Unavailable)]
        assert refused
        assert len(refused) < 50
        assert store.ready


async def test_stopped_store_answers_503_with_retry_after(tmp_path, new_request):
    with open_store(tmp_path / "traces.db") as store:
        transport = httpx.ASGITransport(otlp_app(store))
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as client:
        answer = await client.post("/v1/traces", content=new_request().body, headers=PROTOBUF)
        ready = await client.get("/health/ready")
    assert (answer.status_code, ready.status_code) == (503, 503)
    assert int(answer.headers["retry-after"]) > 0
