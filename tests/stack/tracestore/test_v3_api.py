"""Jaeger's v3 query API, which newer Grafana and Jaeger's own page call."""

import pytest

WINDOW = {"query.startTimeMin": "2000-01-01T00:00:00Z", "query.startTimeMax": "2100-01-01T00:00:00.5Z"}


@pytest.fixture
async def trace_id(send, new_request) -> bytes:
    shop, stock = new_request("shop"), new_request("stock")
    trace_id = shop.span("buy", start=10**18, seconds=1, whole=7)
    shop.last.links.add(trace_id=bytes(range(16)), span_id=bytes(range(8)))
    stock.span("take", trace=trace_id, parent=shop.last.span_id, start=10**18 + 5, seconds=0.5, status=2, kind=0)
    stock.span("lost", trace=trace_id, parent=b"12345678", start=10**18 + 9, seconds=2)
    await send(shop)
    await send(stock)
    return trace_id


async def test_trace_is_otlp_json_with_hex_ids(jaeger, trace_id):
    answer = (await jaeger.get(f"/api/v3/traces/{trace_id.hex()}")).json()
    first, second = answer["result"]["resourceSpans"]
    (buy,) = first["scopeSpans"][0]["spans"]
    take, _ = second["scopeSpans"][0]["spans"]
    assert buy["traceId"] == trace_id.hex()
    assert take["parentSpanId"] == buy["spanId"]
    assert buy["links"] == [{"traceId": bytes(range(16)).hex(), "spanId": bytes(range(8)).hex()}]
    assert (buy["kind"], buy["startTimeUnixNano"]) == (2, str(10**18))
    assert buy["attributes"] == [{"key": "whole", "value": {"intValue": "7"}}]
    assert take["status"] == {"code": 2}
    assert first["scopeSpans"][0]["scope"] == {"name": "tests", "version": "1.0"}


async def test_search_and_summaries(jaeger, trace_id):
    query = WINDOW | {"query.serviceName": "shop", "query.attributes": '{"whole": "7"}', "query.durationMin": "1s"}
    spans = (await jaeger.get("/api/v3/traces", params=query)).json()["result"]["resourceSpans"]
    assert len(spans) == 2
    (summary,) = (await jaeger.get("/api/v3/trace-summaries", params=query)).json()["summaries"]
    assert summary == {
        "traceId": trace_id.hex(),
        "rootServiceName": "shop",
        "rootOperationName": "buy",
        "minStartTimeUnixNano": str(10**18),
        "maxEndTimeUnixNano": str(10**18 + 9 + 2 * 10**9),
        "spanCount": 3,
        "errorSpanCount": 1,
        "orphanSpanCount": 1,
        "services": [
            {"name": "shop", "spanCount": 1, "errorSpanCount": 0},
            {"name": "stock", "spanCount": 2, "errorSpanCount": 1},
        ],
    }


async def test_older_parameter_names_still_work(jaeger, trace_id):
    query = {
        "query.service_name": "stock",
        "query.start_time_min": WINDOW["query.startTimeMin"],
        "query.start_time_max": WINDOW["query.startTimeMax"],
        "query.num_traces": "1",
    }
    assert len((await jaeger.get("/api/v3/trace-summaries", params=query)).json()["summaries"]) == 1


async def test_services_and_operations(jaeger, trace_id):
    assert (await jaeger.get("/api/v3/services")).json() == {"services": ["shop", "stock"]}
    operations = (await jaeger.get("/api/v3/operations", params={"service": "stock"})).json()["operations"]
    assert operations == [{"name": "lost", "spanKind": "server"}, {"name": "take", "spanKind": "internal"}]


async def test_nothing_found(jaeger):
    query = WINDOW | {"query.serviceName": "shop"}
    search = await jaeger.get("/api/v3/traces", params=query)
    assert (search.status_code, search.json()) == (404, {"error": {"httpCode": 404, "message": "No traces found"}})
    summaries = await jaeger.get("/api/v3/trace-summaries", params=query)
    assert (summaries.status_code, summaries.json()) == (200, {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query.startTimeMin": ""}, "are required"),
        ({"query.startTimeMax": "2000-01-01T00:00:00Z"}, "must be before"),
        ({"query.startTimeMax": "soon"}, "query.startTimeMax"),
        ({"query.searchDepth": "0"}, "query.searchDepth"),
        ({"query.durationMin": "1"}, "query.durationMin"),
        ({"query.attributes": "[]"}, "query.attributes"),
    ],
)
async def test_bad_parameters_are_named(jaeger, change, message):
    answer = await jaeger.get("/api/v3/traces", params=WINDOW | change)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
