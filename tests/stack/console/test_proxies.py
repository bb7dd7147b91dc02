"""The backends behind the session: what is passed on, what is not, and what is said when one is down."""

import anyio
import pytest
from starlette.responses import JSONResponse, StreamingResponse

from tests.stack.console.conftest import sign_in

ALL = ("prometheus_url", "alertmanager_url", "jaeger_url", "notifier_url")


@pytest.fixture
async def console(open_console, backend):
    async with open_console(**dict.fromkeys(ALL, backend.url)) as client:
        await sign_in(client)
        yield client


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("prometheus/query?query=up%7Bjob%3D%22api%22%7D&time=1", "/api/v1/query?query=up%7Bjob%3D%22api%22%7D&time=1"),
        ("prometheus/query_range?query=a%2Bb", "/api/v1/query_range?query=a%2Bb"),
        ("prometheus/query_exemplars", "/api/v1/query_exemplars"),
        ("prometheus/series?match%5B%5D=a&match%5B%5D=b", "/api/v1/series?match%5B%5D=a&match%5B%5D=b"),
        ("prometheus/label/job/values", "/api/v1/label/job/values"),
        ("prometheus/status/buildinfo", "/api/v1/status/buildinfo"),
        ("prometheus/rules", "/api/v1/rules"),
        ("alertmanager/alerts/groups", "/api/v2/alerts/groups"),
        ("alertmanager/silences", "/api/v2/silences"),
        ("jaeger/services/a%2Fb%20c/operations", "/api/services/a%2Fb%20c/operations"),
        ("jaeger/traces/0af7651916cd43dd8448eb211c80319c", "/api/traces/0af7651916cd43dd8448eb211c80319c"),
        ("jaeger/dependencies?endTs=1", "/api/dependencies?endTs=1"),
        ("notifications?limit=5", "/deliveries?limit=5"),
    ],
)
async def test_reading_is_passed_on(console, backend, path, target):
    answer = await console.get(f"/api/{path}")
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert answer.headers["cache-control"] == "no-store"
    (asked,) = backend.asked
    assert (asked["method"], asked["target"]) == ("GET", target)


async def test_long_query_goes_as_a_form(console, backend):
    await console.post("/api/prometheus/query_range", data={"query": "x" * 10_000, "step": "15"})
    (asked,) = backend.asked
    assert asked["method"] == "POST"
    assert asked["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert asked["body"] == f"query={'x' * 10_000}&step=15"


@pytest.mark.parametrize(
    "path",
    [
        "prometheus/admin/tsdb/delete_series",
        "prometheus/status/config",
        "prometheus/query/",
        "prometheus/label/../values",
        "prometheus/label/%2e%2e/values",
        "prometheus/%2e%2e/%2e%2e/-/quit",
        "prometheus/..%2f..%2f-/reload",
        "alertmanager/silence/1",
        "alertmanager/receivers",
        "jaeger/archive/1",
        "jaeger/traces/",
    ],
)
async def test_what_is_not_on_the_list_is_never_asked(console, backend, path):
    assert (await console.get(f"/api/{path}")).status_code == 404
    assert backend.asked == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "prometheus/rules"),
        ("POST", "alertmanager/silences"),
        ("POST", "alertmanager/alerts"),
        ("DELETE", "alertmanager/silences"),
        ("PUT", "prometheus/query"),
        ("POST", "jaeger/traces"),
        ("POST", "notifications"),
    ],
)
async def test_nothing_can_be_written(console, backend, method, path):
    assert (await console.request(method, f"/api/{path}")).status_code in {404, 405}
    assert backend.asked == []


async def test_backends_never_see_the_session(console, backend):
    await console.get("/api/prometheus/query?query=up", headers={"authorization": "Bearer mine", "x-secret": "1"})
    headers = backend.asked[0]["headers"]
    assert not {"cookie", "authorization", "x-secret"} & set(headers)


async def test_notifier_gets_its_own_token(console, backend):
    await console.get("/api/notifications")
    assert backend.asked[0]["headers"]["authorization"] == "Bearer notifier-secret"


async def test_errors_of_a_backend_are_passed_on(console, backend):
    backend.answer = lambda: JSONResponse({"status": "error", "error": "parse error"}, 400)
    answer = await console.get("/api/prometheus/query?query=)")
    assert (answer.status_code, answer.json()["error"]) == (400, "parse error")


async def test_cookies_and_headers_of_a_backend_stay_behind(console, backend):
    backend.answer = lambda: JSONResponse({}, headers={"set-cookie": "a=b", "x-powered-by": "it"})
    answer = await console.get("/api/prometheus/query")
    assert "set-cookie" not in answer.headers
    assert "x-powered-by" not in answer.headers


async def test_large_answer_is_passed_on_whole(console, backend):
    def answer():
        return StreamingResponse((b"x" * 65536 for _ in range(160)), media_type="application/json")

    backend.answer = answer
    assert len((await console.get("/api/prometheus/query")).content) == 160 * 65536


async def test_redirect_of_a_backend_is_not_followed(console, backend):
    backend.redirects()
    answer = await console.get("/api/prometheus/query")
    assert answer.status_code == 502
    assert "redirects" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("prometheus/query", "Prometheus does not answer at http://127.0.0.1:1/api/v1: start it with `./plainview up`"),
        ("alertmanager/alerts", "Alertmanager does not answer at http://127.0.0.1:1/api/v2"),
        ("jaeger/services", "The trace store does not answer at http://127.0.0.1:1/api"),
        ("notifications", "The notifier does not answer at http://127.0.0.1:1"),
    ],
)
async def test_backend_that_is_down_is_named_with_what_to_do(client, path, name):
    answer = await client.get(f"/api/{path}")
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "backend_down"
    assert problem["detail"].startswith(name)


async def test_backend_that_breaks_off_is_an_error_and_no_hang(console, backend):
    async def broken():
        yield b"{"
        raise ConnectionResetError

    backend.answer = lambda: StreamingResponse(broken(), headers={"content-length": "100"})
    with pytest.raises(Exception):  # noqa: B017 - the transport's own error; over HTTP the connection breaks
        await console.get("/api/prometheus/query")
    backend.answer = lambda: JSONResponse({})
    assert (await console.get("/api/prometheus/query")).status_code == 200


async def test_browsers_that_go_away_leave_no_connection_behind(console, backend):
    """More of them than the pool has connections: one that were not given back would block the next."""
    for _ in range(45):
        with anyio.move_on_after(0):
            await console.get("/api/prometheus/query")
        with anyio.move_on_after(0.02):
            await console.get("/api/prometheus/query")
    assert (await console.get("/api/prometheus/query")).status_code == 200
