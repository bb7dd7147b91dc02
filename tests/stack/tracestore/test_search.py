"""Which traces a search finds: every predicate must hold on one and the same span."""

import time

import pytest

from stack.native.tracestore.search import Search, find
from stack.native.tracestore.tags import tag_filter

MINUTE = 60 * 10**9
NOW = time.time_ns() - MINUTE


@pytest.fixture
async def found(store, send, new_request):
    """Store some traces; return a search that answers with the names of their spans."""
    shop = new_request("shop", scope=("lib", "2.1"), **{"deployment.environment": "test", "shared": "resource"})
    names = {
        shop.span("GET /", start=NOW, seconds=0.1, **{"http.response.status_code": 200, "ratio": 0.5}): "get",
        shop.span("GET /", start=NOW + 1000, seconds=2, status=2, **{"http.response.status_code": 500}): "failed",
        shop.span("POST /", start=NOW + 2000, seconds=1, status=1, kind=3, flag=True, parts=[1, "a"]): "post",
        shop.span("event", start=NOW + 3000, kind=1): "event",
        shop.span("link", start=NOW + 4000, kind=0): "link",
    }
    stock = new_request("stock", shared="other")
    names[stock.span("GET /", start=NOW + 5000, raw=b"\x01\x02", big=2**60)] = "stock"
    for request, name, member in ((shop, "event", "events"), (shop, "link", "links")):
        span = next(span for span in request._scope.spans if span.name == name)
        item = getattr(span, member).add()
        if member == "links":
            item.trace_id, item.span_id = bytes(15) + b"\1", bytes(7) + b"\1"
        tag = item.attributes.add()
        tag.key, tag.value.string_value = f"in.{member}", "yes"
    await send(shop)
    await send(stock)

    async def search(tags=None, **predicates) -> list[str]:
        query = Search(tags=tag_filter(tags or {}), **predicates)
        return [names[trace_id] for trace_id in await store.ask(lambda connection: find(connection, query))]

    return search


@pytest.mark.parametrize(
    ("predicates", "expected"),
    [
        pytest.param({"service": "shop"}, ["link", "event", "post", "failed", "get"], id="service, newest first"),
        pytest.param({"service": "nobody"}, [], id="unknown service"),
        pytest.param({}, ["stock", "link", "event", "post", "failed", "get"], id="any service"),
        pytest.param({"service": "shop", "operation": "GET /"}, ["failed", "get"], id="operation"),
        pytest.param({"operation": "GET /"}, ["stock", "failed", "get"], id="operation of any service"),
        pytest.param({"service": "stock", "operation": "POST /"}, [], id="operation of another service"),
        pytest.param({"service": "shop", "limit": 2}, ["link", "event"], id="limit"),
        pytest.param({"service": "shop", "start_min": NOW + 3000}, ["link", "event"], id="from, included"),
        pytest.param({"service": "shop", "start_max": NOW + 1000}, ["failed", "get"], id="to, included"),
        pytest.param({"service": "shop", "duration_min": 10**9}, ["post", "failed"], id="at least, included"),
        pytest.param({"service": "shop", "duration_min": 10**9, "duration_max": 10**9}, ["post"], id="exactly"),
    ],
)
async def test_predicates(found, predicates, expected):
    assert await found(**predicates) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param({"http.response.status_code": "500"}, ["failed"], id="int"),
        pytest.param({"http.response.status_code": "50"}, [], id="part of an int"),
        pytest.param({"ratio": "0.5"}, ["get"], id="double"),
        pytest.param({"ratio": "5e-1"}, ["get"], id="double in other words"),
        pytest.param({"flag": "true"}, ["post"], id="bool"),
        pytest.param({"parts": '[1,"a"]'}, ["post"], id="array"),
        pytest.param({"raw": "AQI="}, ["stock"], id="bytes"),
        pytest.param({"big": str(2**60)}, ["stock"], id="large int"),
        pytest.param({"in.events": "yes"}, ["event"], id="in an event"),
        pytest.param({"in.links": "yes"}, ["link"], id="in a link"),
        pytest.param({"shared": "other"}, ["stock"], id="of the resource"),
        pytest.param({"resource.shared": "other"}, ["stock"], id="of the resource by prefix"),
        pytest.param({"resource.flag": "true"}, [], id="prefix looks at the resource only"),
        pytest.param({"service.name": "stock"}, ["stock"], id="service name as a tag"),
        pytest.param({"error": "true"}, ["failed"], id="error"),
        pytest.param({"error": "false", "http.response.status_code": "200"}, ["get"], id="no error"),
        pytest.param({"span.status": "ok"}, ["post"], id="status"),
        pytest.param({"span.kind": "client"}, ["post"], id="kind"),
        pytest.param({"scope.name": "lib", "scope.version": "2.1", "flag": "true"}, ["post"], id="scope"),
        pytest.param({"scope.name": "other"}, [], id="no such scope"),
        pytest.param({"flag": "true", "http.response.status_code": "200"}, [], id="not on one span"),
        pytest.param({"nothing": "of the kind"}, [], id="no such tag"),
        pytest.param({"": ""}, [], id="empty"),
    ],
)
async def test_tags(found, tags, expected):
    assert await found(tags) == expected


async def test_predicates_met_by_two_spans_of_a_trace_do_not_add_up(store, send, new_request):
    request = new_request()
    trace_id = request.span("slow", seconds=5)
    request.span("tagged", trace=trace_id, colour="red")
    await send(request)
    for query, count in (({"operation": "slow"}, 0), ({"operation": "tagged"}, 1)):
        search = Search(service="api", tags=tag_filter({"colour": "red"}), **query)
        assert len(await store.ask(lambda connection, search=search: find(connection, search))) == count


async def test_trace_with_many_spans_counts_once(store, send, new_request):
    request = new_request()
    first = request.span()
    second = request.span()
    for _ in range(50):
        request.span(trace=second)
    await send(request)
    found = await store.ask(lambda connection: find(connection, Search(service="api", limit=2)))
    assert set(found) == {first, second}


async def test_operation_name_shared_by_many_services_is_found_in_all(store, send, new_request):
    expected = []
    for number in range(20):
        request = new_request(f"service {number}")
        expected.insert(0, request.span("GET /", start=NOW + number))
        request.span("POST /", start=NOW + number)
        await send(request)
    assert await store.ask(lambda connection: find(connection, Search(operation="GET /"))) == expected
