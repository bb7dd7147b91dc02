"""Jaeger's v1 query API: shapes and rules as Jaeger 2.20 has them."""

import time

import pytest

from stack.native.tracestore import Limits, open_store, reader
from stack.native.tracestore.jaeger_json import trace_json

NOW = time.time_ns() // 1000 * 1000 - 10**9
ENVELOPE = {"limit": 0, "offset": 0, "errors": None}


@pytest.fixture
def request_with_everything(new_request):
    request = new_request("shop", scope=("lib", "2.1"), **{"host.name": "h1"})
    trace_id = request.span(
        "POST /buy", trace=bytes.fromhex("0000000000000000000000000000abcd"), start=NOW + 1999, seconds=0.25,
        kind=2, status=2, text="t", whole=7, large=2**60, ratio=0.5, flag=False, raw=b"\0\1", parts=[1, "a"], map={"k": 1},
    )  # fmt: skip
    span = request.last
    span.status.message = "no stock"
    span.trace_state = "a=b"
    span.flags = 0x101
    event = span.events.add(name="paid", time_unix_nano=NOW + 5000)
    event.attributes.add(key="by").value.string_value = "card"
    event = span.events.add(name="hidden", time_unix_nano=NOW + 6000)
    event.attributes.add(key="event").value.string_value = "own"
    parent = span.span_id
    request.span("reserve", trace=trace_id, parent=parent, start=NOW + 3000, seconds=0.1, kind=0)
    span = request.last
    span.links.add(trace_id=bytes(range(16)), span_id=bytes(range(1, 9)))
    child_of = span.links.add(trace_id=bytes(15) + b"\1", span_id=bytes(7) + b"\1")
    child_of.attributes.add(key="opentracing.ref_type").value.string_value = "child_of"
    return request


async def test_trace_has_jaegers_shape_field_for_field(send, jaeger, request_with_everything):
    await send(request_with_everything)
    buy, reserve = (span.span_id.hex() for span in request_with_everything._scope.spans)
    answer = await jaeger.get("/api/traces/abcd")
    assert answer.headers["content-type"] == "application/json"
    (trace,) = answer.json()["data"]
    assert answer.json() == {"data": [trace], "total": 0} | ENVELOPE
    scope = [
        {"key": "otel.scope.name", "type": "string", "value": "lib"},
        {"key": "otel.scope.version", "type": "string", "value": "2.1"},
    ]
    assert trace == {
        "traceID": "000000000000abcd",
        "spans": [
            {
                "traceID": "000000000000abcd",
                "spanID": buy,
                "flags": 0x101,
                "operationName": "POST /buy",
                "references": [],
                "startTime": NOW // 1000 + 1,
                "duration": 250_000,
                "tags": [
                    *scope,
                    {"key": "text", "type": "string", "value": "t"},
                    {"key": "whole", "type": "int64", "value": 7},
                    {"key": "large", "type": "int64", "value": str(2**60)},
                    {"key": "ratio", "type": "float64", "value": 0.5},
                    {"key": "flag", "type": "bool", "value": False},
                    {"key": "raw", "type": "binary", "value": "AAE="},
                    {"key": "parts", "type": "string", "value": '[1,"a"]'},
                    {"key": "map", "type": "string", "value": '{"k":1}'},
                    {"key": "span.kind", "type": "string", "value": "server"},
                    {"key": "otel.status_code", "type": "string", "value": "ERROR"},
                    {"key": "error", "type": "bool", "value": True},
                    {"key": "otel.status_description", "type": "string", "value": "no stock"},
                    {"key": "w3c.tracestate", "type": "string", "value": "a=b"},
                ],
                "logs": [
                    {
                        "timestamp": NOW // 1000 + 5,
                        "fields": [
                            {"key": "event", "type": "string", "value": "paid"},
                            {"key": "by", "type": "string", "value": "card"},
                        ],
                    },
                    {"timestamp": NOW // 1000 + 6, "fields": [{"key": "event", "type": "string", "value": "own"}]},
                ],
                "processID": "p1",
                "warnings": None,
            },
            {
                "traceID": "000000000000abcd",
                "spanID": reserve,
                "operationName": "reserve",
                "references": [
                    {"refType": "CHILD_OF", "traceID": "000000000000abcd", "spanID": buy},
                    {
                        "refType": "FOLLOWS_FROM",
                        "traceID": "000102030405060708090a0b0c0d0e0f",
                        "spanID": "0102030405060708",
                    },
                    {"refType": "CHILD_OF", "traceID": "0000000000000001", "spanID": "0000000000000001"},
                ],
                "startTime": NOW // 1000 + 3,
                "duration": 100_000,
                "tags": scope,
                "logs": [],
                "processID": "p1",
                "warnings": None,
            },
        ],
        "processes": {"p1": {"serviceName": "shop", "tags": [{"key": "host.name", "type": "string", "value": "h1"}]}},
        "warnings": None,
    }


@pytest.mark.parametrize(
    "form", ["abcd", "000000000000abcd", "0000000000000000000000000000ABCD", "AAAAAAAAAAAAAAAAAACrzQ=="]
)
async def test_trace_is_found_under_every_form_of_its_id(send, jaeger, request_with_everything, form):
    await send(request_with_everything)
    assert len((await jaeger.get(f"/api/traces/{form}")).json()["data"]) == 1


async def test_services_and_operations(send, jaeger, new_request):
    assert (await jaeger.get("/api/services")).json() == {"data": [], "total": 0} | ENVELOPE
    request = new_request("a/b")
    request.span("x", kind=2)
    request.span("x", kind=3)
    request.span("y", kind=0)
    await send(request)
    await send(new_request("no spans"))
    nameless = new_request(service="")
    nameless.span("z")
    await send(nameless)
    services = await jaeger.get("/api/services")
    assert services.json() == {"data": ["OTLPResourceNoServiceName", "a/b"], "total": 2} | ENVELOPE
    names = await jaeger.get("/api/services/a%2Fb/operations")
    assert names.json() == {"data": ["x", "y"], "total": 2} | ENVELOPE
    kinds = await jaeger.get("/api/operations", params={"service": "a/b"})
    assert kinds.json()["data"] == [
        {"name": "x", "spanKind": "server"},
        {"name": "x", "spanKind": "client"},
        {"name": "y", "spanKind": ""},
    ]
    clients = await jaeger.get("/api/operations", params={"service": "a/b", "spanKind": "client"})
    assert clients.json()["data"] == [{"name": "x", "spanKind": "client"}]
    nobody = await jaeger.get("/api/services/nobody/operations")
    assert nobody.json() == {"data": [], "total": 0} | ENVELOPE


async def test_search_as_grafana_sends_it(send, jaeger, request_with_everything):
    await send(request_with_everything)
    query = {
        "service": "shop",
        "operation": "POST /buy",
        "tags": '{"whole":"7","error":"true"}',
        "tag": "flag:false",
        "minDuration": "200ms",
        "maxDuration": "1.5s",
        "limit": "20",
        "start": str(NOW // 1000),
        "end": str(NOW // 1000 + 1),
        "lookback": "custom",
    }
    (trace,) = (await jaeger.get("/api/traces", params=query)).json()["data"]
    assert len(trace["spans"]) == 2
    for change in ({"minDuration": "251ms"}, {"end": str(NOW // 1000)}, {"operation": "reserve"}, {"tag": "flag:true"}):
        assert (await jaeger.get("/api/traces", params=query | change)).json() == {"data": [], "total": 0} | ENVELOPE


async def test_search_looks_back_two_days_by_default(send, jaeger, new_request):
    request = new_request()
    request.span("old", start=time.time_ns() - 49 * 3600 * 10**9)
    recent = request.span("recent", start=time.time_ns() - 47 * 3600 * 10**9)
    await send(request)
    (trace,) = (await jaeger.get("/api/traces", params={"service": "api"})).json()["data"]
    assert trace["traceID"] == recent.hex()


async def test_traces_by_id_report_the_absent_ones(send, jaeger, new_request):
    request = new_request()
    known = request.span()
    await send(request)
    answer = (await jaeger.get("/api/traces", params={"traceID": [known.hex(), "1f"]})).json()
    assert [trace["traceID"] for trace in answer["data"]] == [known.hex()]
    assert answer["errors"] == [{"msg": "trace not found", "traceID": "000000000000001f"}]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/traces", 400, "parameter 'service' is required"),
        ("/api/operations", 400, "parameter 'service' is required"),
        ("/api/traces?service=a&minDuration=2s&maxDuration=1s", 400, "'maxDuration' should be greater"),
        ("/api/traces?service=a&start=yesterday", 400, "unable to parse param 'start'"),
        ("/api/traces?service=a&minDuration=5", 400, "unable to parse param 'minDuration'"),
        ("/api/traces?service=a&tag=nocolon", 400, "malformed 'tag' parameter"),
        ("/api/traces?service=a&tags=nojson", 400, "malformed 'tags' parameter"),
        ("/api/traces?service=a&limit=0", 400, "limit is 0"),
        ("/api/traces?service=a&limit=9999", 400, "limit is 9999"),
        ("/api/traces?service=a&tag=error:maybe", 400, "'maybe'"),
        ("/api/traces/xyz", 400, "not a trace id"),
        ("/api/traces/12ab", 404, "trace not found"),
        ("/api/metrics/calls?service=a", 501, "Prometheus keeps metrics"),
    ],
)
async def test_errors_have_the_envelope_the_status_and_plain_text(jaeger, path, status, message):
    answer = await jaeger.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    (error,) = answer.json()["errors"]
    assert error["code"] == status
    assert message in error["msg"]
    assert answer.json()["data"] is None


async def test_dependencies_count_calls_between_services(send, jaeger, new_request):
    shop, stock = new_request("shop"), new_request("stock")
    trace_id = shop.span("buy")
    for _ in range(3):
        stock.span("take", trace=trace_id, parent=shop.last.span_id)
    stock.span("orphan", parent=b"12345678")
    await send(shop)
    await send(stock)
    answer = await jaeger.get("/api/dependencies")
    assert answer.json()["data"] == [{"parent": "shop", "child": "stock", "callCount": 3}]
    other = await jaeger.get("/api/dependencies", params={"service": "nobody"})
    past = await jaeger.get("/api/dependencies", params={"endTs": "1000", "lookback": "1000"})
    assert other.json()["data"] == past.json()["data"] == []


async def test_pretty_print_is_indented(jaeger):
    assert "\n" in (await jaeger.get("/api/services?prettyPrint=true")).text


async def test_huge_trace_says_what_it_leaves_out(tmp_path, new_request):
    request = new_request()
    trace_id = request.span()
    for _ in range(9):
        request.span(trace=trace_id)
    with open_store(tmp_path / "traces.db", Limits()) as store:
        await store.ingest(request.body, "application/x-protobuf", "")
        found = await store.ask(lambda connection: reader.trace(connection, trace_id, 4))
    shown = trace_json(found)
    assert len(shown["spans"]) == 4
    assert shown["warnings"] == ["6 more spans of this trace are left out"]
