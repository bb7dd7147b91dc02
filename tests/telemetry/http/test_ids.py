import os

import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse

from telemetry._secret_attributes import treatment
from telemetry._secrets import adding
from telemetry.catalog import Attribute
from telemetry.context import current_request_id, current_trace_id
from telemetry.logs import get_logger


@pytest.mark.parametrize("given", ["a", "7f9c2ba4-e88f-4f2c-a0d3-9f0a1b2c3d4e", "01J9Z/x+y=z:1@h", "x" * 128])
async def test_a_sane_request_id_is_kept(app, client, given):
    assert (await client.get("/", headers={"x-request-id": given})).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "a;b", "-dash", "a\tb", "é".encode()])
async def test_any_other_is_replaced(app, client, given):
    answered = (await client.get("/", headers={"x-request-id": given})).headers["x-request-id"]
    assert len(answered) == 32
    assert answered != given


@pytest.mark.parametrize(("path", "status"), [("/ok", 200), ("/boom", 500), ("/nowhere", 404), ("/refused", 418)])
async def test_every_answer_carries_both_ids(app, client, spans, path, status):
    def boom() -> None:
        raise ValueError

    async def gate(request, call_next):
        if request.url.path == "/refused":
            return PlainTextResponse("no", 418)
        return await call_next(request)

    app.get("/ok")(lambda: 1)
    app.get("/boom")(boom)
    app.add_middleware(BaseHTTPMiddleware, dispatch=gate)
    answer = await client.get(path, headers={"x-request-id": "r-1"})
    context = spans.only().context
    assert answer.status_code == status
    assert answer.headers["x-request-id"] == "r-1"
    expected = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    assert answer.headers.get_list("traceparent") == [expected]


async def test_handlers_of_errors_see_the_same_ids(app, client):
    def boom() -> None:
        raise ValueError

    async def handler(_request, _error):
        return PlainTextResponse(f"{current_request_id()} {current_trace_id()}", 500)

    app.get("/boom")(boom)
    app.add_exception_handler(Exception, handler)
    answer = await client.get("/boom")
    assert answer.text == f"{answer.headers['x-request-id']} {answer.headers['traceparent'].split('-')[1]}"


async def test_the_apps_own_header_does_not_double_ours(app, client):
    app.get("/x")(lambda: PlainTextResponse("", headers={"X-Request-ID": "own", "traceparent": "own"}))
    answer = await client.get("/x", headers={"x-request-id": "r-1"})
    assert answer.headers.get_list("x-request-id") == ["r-1"]
    assert len(answer.headers.get_list("traceparent")) == 1


async def test_access_line_says_who_what_and_how_long(app, client, lines, spans):
    def item(number: int) -> int:
        from telemetry import annotate  # noqa: PLC0415

        annotate(customer="acme")
        get_logger("shop").info("inside")
        return number

    app.get("/items/{number}")(item)
    await client.get("/items/3?secret=x", headers={"x-request-id": "r-1"})
    inside, access = lines()
    context = spans.only().context
    assert access.pop("duration_seconds") > 0
    timestamp = access.pop("timestamp")
    assert access == {
        "pid": os.getpid(),
        "level": "info",
        "event": "http.request",
        "logger": "plainview.access",
        "service": "shop",
        "request_id": "r-1",
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "customer": "acme",
        "method": "GET",
        "route": "/items/{number}",
        "path": "/items/3",
        "status": 200,
        "outcome": "completed",
        "request_bytes": 0,
        "response_bytes": 1,
    }
    assert inside["timestamp"] <= timestamp
    assert (inside["request_id"], inside["trace_id"], inside["customer"]) == ("r-1", access["trace_id"], "acme")


@pytest.mark.parametrize(("status", "level"), [(404, "info"), (500, "error"), (501, "info"), (503, "error")])
async def test_what_the_server_did_wrong_is_an_error(app, client, lines, status, level):
    app.get("/x")(lambda: PlainTextResponse("", status_code=status))
    await client.get("/x")
    (access,) = lines()
    assert (access["status"], access["level"]) == (status, level)


async def test_nothing_of_one_request_is_left_for_the_next(app, client, lines):
    app.get("/x")(lambda: 1)
    await client.get("/x", headers={"x-request-id": "r-1"})
    await client.get("/x")
    get_logger("shop").info("after")
    first, second, after = lines()
    assert first["request_id"] == "r-1" != second["request_id"]
    assert "request_id" not in after


def test_only_an_unbroken_row_of_hexadecimal_digits_is_an_id_without_a_look_for_secrets():
    shown = treatment(Attribute.REQUEST_ID)
    with adding((), (r"\d{4} \d{4} \d{4} \d{4}",)):
        assert shown("0af7651916cd43dd8448eb211c80319c") == "0af7651916cd43dd8448eb211c80319c"
        assert shown("4111 1111 1111 1111") == "[redacted]"
        assert shown("AKIA" + "ABCDEFGH01234567") == "AKIA[redacted]"
