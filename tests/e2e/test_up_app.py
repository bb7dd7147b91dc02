"""`up --app`: three apps of strangers, unchanged, each in a stack of its own, seen through what the stack answers."""

import contextlib
import json
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from .asking import Asking, until
from .conftest import native_stack_in

pytestmark = [pytest.mark.integration, pytest.mark.slow]

APPS = Path(__file__).with_name("apps")
COUNT = 'sum by (http_route) (http_server_request_duration_seconds_count{job="api", http_route!="/metrics"})'


@contextlib.contextmanager
def stack_of(folder, home, app, *options, **variables):
    wanted = (f"--app={app}", f"--app-dir={APPS / folder}", *options)
    with native_stack_in(home, *wanted, **variables) as stack, Asking(stack) as ask:
        yield stack, ask


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    with stack_of("chat", tmp_path_factory.mktemp("chat"), "main:app", PLAINVIEW_GPU="simulated") as found:
        yield found


@pytest.mark.xdist_group("stacks")
class TestChat:
    """Sub-apps, WebSockets, middleware, logging and metrics of its own."""

    def test_parts_fit_an_app_that_is_not_ours(self, chat):
        stack, ask = chat
        parts = json.loads(stack.command("status", "--json").stdout)["parts"]
        assert {part["name"]: part["state"] for part in parts} == dict.fromkeys(
            ("app", "console", "notifier", "alertmanager", "prometheus"), "ready"
        )
        assert "Your app (main:app)" in stack.output
        assert "API key" not in stack.output
        assert "curl" not in stack.output
        assert stack.command("doctor", check=False).stdout.count("✗") == 0
        assert "app.listening" in stack.command("logs", "api").stdout  # as runbooks call it
        refused = stack.command("jobs", "list", check=False)
        assert refused.returncode == 1
        assert "the stack runs your app main:app" in refused.stderr
        assert ask.rules() >= {"ServiceDown", "ApiErrorRateHigh"}
        assert not ask.rules() & {"WorkerDown", "QueueStuck"}

    def test_requests_are_counted_by_template_and_traced_and_logged(self, chat):
        _, ask = chat
        answers = [ask.app.get("/rooms/blue") for _ in range(5)]
        assert "x-took" in answers[0].headers  # the app's own middleware
        ask.app.get("/admin/users/7").raise_for_status()
        ask.app.get("/admin/users/x")
        for name in "abc":
            ask.app.get(f"/legacy/ping/{name}").raise_for_status()
            ask.app.get(f"/{name}.php")
        expected = {
            ("/rooms/{room}",): 5,
            ("/admin/users/{user}",): 2,
            ("/legacy/ping/{name}",): 3,
            ("unmatched",): 3,
        }
        until(lambda: ask.series(COUNT) == expected)
        assert ask.spans(answers[0]) == [("server", "GET /rooms/{room}")]
        lines = [line for line in ask.lines("http.request") if line["route"] == "/rooms/{room}"]
        assert [line["trace_id"] for line in lines] == [a.headers["traceparent"].split("-")[1] for a in answers]
        assert {line["service"] for line in lines} == {"chat"}

    def test_metrics_of_its_own_are_in_ours_and_its_route_stays(self, chat):
        _, ask = chat
        with connect(ask.socket("/rooms/green/ws")) as socket:
            socket.send("hello")
            assert socket.recv(timeout=5) == "HELLO"
        until(lambda: ask.series("chat_messages_total") == {("green",): 1})
        until(lambda: ask.series("chat_rooms") == {(): 1})
        own = ask.app.get("/metrics", headers={"accept": "*/*"})
        assert own.headers["x-of"] == "the app"
        assert "http_server" not in own.text
        route = 'http_route="/rooms/{room}/ws"'
        until(lambda: ask.series(f"websocket_server_messages_total{{{route}}}").get(("sent", "/rooms/{room}/ws")) == 1)
        assert ask.series(f"sum(websocket_server_active_connections{{{route}}})") == {(): 0}
        (line,) = ask.lines("websocket.connection")
        assert (line["outcome"], line["close_code"], line["messages_sent"]) == ("client", 1000, 1)

    def test_each_card_is_shown_once(self, chat):
        _, ask = chat
        assert list(until(lambda: ask.series("count by (gpu_uuid) (gpu_info)")).values()) == [1]

    def test_burst_of_failures_raises_the_alert(self, chat):
        _, ask = chat
        # A server closes the connection after a failure, so each has its own.
        failed = [httpx.get(f"{ask.app.base_url}/boom") for _ in range(60)]
        assert {answer.status_code for answer in failed} == {500}
        assert until(lambda: ask.alert("ApiErrorRateHigh"), within=60) in {"pending", "firing"}
        assert ask.spans(failed[0]) == [("server", "GET /boom")]
        until(lambda: ask.series("unhandled_exceptions_total") == {("RuntimeError",): 60})
        assert ask.lines("http.unhandled_exception")  # not all: lines that repeat are limited


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    with stack_of("feed", tmp_path_factory.mktemp("feed"), "feed:service.app", OTEL_SERVICE_NAME="news") as found:
        yield found


@pytest.mark.xdist_group("stacks")
class TestFeed:
    """Server-sent events, background tasks, lifespan state; instrumented with OpenTelemetry by its author."""

    def test_stream_is_one_request_to_its_last_byte(self, feed):
        _, ask = feed
        with ask.app.stream("GET", "/events", params={"count": 4}) as answer:
            assert [line for line in answer.iter_lines() if line][-1] == "data: 3"
        assert [name for kind, name in ask.spans(answer) if kind == "server"] == ["GET /events"]
        (line,) = ask.lines("http.request")
        assert (line["outcome"], line["response_bytes"], line["service"]) == ("completed", 36, "news")
        assert line["duration_seconds"] >= 0.2
        seconds = 'sum(http_server_request_duration_seconds_sum{http_route="/events"})'
        assert until(lambda: ask.series(seconds))[()] >= 0.2

    def test_client_that_leaves_a_stream_is_counted_as_such(self, feed):
        _, ask = feed
        with ask.app.stream("GET", "/events", params={"count": 10_000}) as answer:
            next(answer.iter_lines())
        until(lambda: [line for line in ask.lines("http.request") if line["outcome"] == "disconnected"])

    def test_background_task_is_part_of_the_trace_and_its_lines(self, feed):
        _, ask = feed
        answer = ask.app.post("/tasks/7").raise_for_status()
        until(lambda: ask.app.get("/done").json() == [7])
        until(lambda: ("internal", "count up") in ask.spans(answer))
        assert [kind for kind, _ in ask.spans(answer)].count("server") == 1
        (line,) = ask.lines("task.done")
        assert line["trace_id"] == answer.headers["traceparent"].split("-")[1]


@pytest.fixture(scope="module")
def billing(tmp_path_factory):
    home = tmp_path_factory.mktemp("billing")
    with stack_of("billing", home, "billing.main:create_app", "--factory", "--workers=2") as found:
        yield found


@pytest.mark.xdist_group("stacks")
class TestBilling:
    """A factory in a package, with settings from a file and routers, in two processes."""

    def test_two_processes_count_what_the_client_has_sent(self, billing):
        _, ask = billing
        codes = [httpx.get(f"{ask.app.base_url}/api/v1/invoices/{number}").status_code for number in range(890, 910)]
        assert codes == [200] * 11 + [503] * 9
        by_status = "sum by (http_response_status_code) (http_server_request_duration_seconds_count"
        route = '{http_route="/api/v1/invoices/{number}"})'
        until(lambda: ask.series(by_status + route) == {("200",): 11, ("503",): 9})
        assert len(ask.lines("http.request")) == 20
        assert len(ask.lines("app.listening")) == 2
        assert ask.series("gpu_devices") == {(): 0}

    def test_settings_of_its_folder_are_found(self, billing):
        _, ask = billing
        answer = ask.app.get("/api/v1/invoices/1")
        assert answer.json() == {"invoice": 1, "currency": "EUR"}
        assert ask.spans(answer) == [("server", "GET /api/v1/invoices/{number}")]
