"""Signing in: the link, the form, the cookie, and what is closed without it."""

import re

import pytest

from stack.console.version import VERSION
from tests.stack.console.conftest import TOKEN


async def test_link_sets_a_cookie_that_scripts_cannot_read_and_goes_to_the_first_page(visitor):
    answer = await visitor.get("/sign-in", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(
        r"plainview_session_8080=v1\.\d+\.[\w-]+\.[0-9a-f]{64}; HttpOnly; Max-Age=604800; Path=/; SameSite=strict",
        cookie,
    )
    assert TOKEN not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert (await visitor.get("/api/session")).json()["signed_in"] is True


async def test_cookie_is_for_tls_only_where_the_console_is_reached_by_tls(open_console):
    async with open_console(console_url="https://plainview.test") as client:
        answer = await client.post("/api/sign-in", json={"token": TOKEN})
        assert "; Secure" in answer.headers["set-cookie"]
        assert answer.headers["set-cookie"].startswith("plainview_session_443=")


async def test_form_signs_in_and_out(visitor):
    assert (await visitor.post("/api/sign-in", json={"token": TOKEN})).json() == {"signed_in": True}
    (name,) = visitor.cookies
    value = visitor.cookies[name]
    assert (await visitor.get("/api/dashboards")).status_code == 200
    assert (await visitor.post("/api/sign-out")).json() == {"signed_in": False}
    visitor.cookies.set(name, value)  # a stolen copy is worth nothing any more
    assert (await visitor.get("/api/dashboards")).status_code == 401


async def test_wrong_token_is_refused_and_the_link_leads_to_the_form(visitor):
    answer = await visitor.post("/api/sign-in", json={"token": "wrong"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "wrong_token"
    link = await visitor.get("/sign-in", params={"token": "wrong"})
    assert (link.status_code, link.headers["location"]) == (303, "/sign-in?failed=token")
    assert not visitor.cookies


async def test_guessing_is_slowed_down_and_the_right_token_does_not_help_meanwhile(visitor):
    for _ in range(10):
        assert (await visitor.post("/api/sign-in", json={"token": "guess"})).status_code == 403
    answer = await visitor.post("/api/sign-in", json={"token": TOKEN})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    link = await visitor.get("/sign-in", params={"token": TOKEN})
    assert link.headers["location"] == "/sign-in?failed=attempts"


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"token": 5}', b'{"token": "' + b"x" * 600 + b'"}'])
async def test_malformed_sign_in_is_a_problem_that_does_not_repeat_the_token(visitor, body):
    answer = await visitor.post("/api/sign-in", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert "xxx" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "dashboards",
        "dashboards/plainview-overview",
        "runbooks",
        "runbooks/Watchdog",
        "prometheus/query?query=up",
        "alertmanager/alerts",
        "jaeger/services",
        "notifications",
        "nothing",
    ],
)
async def test_everything_else_is_closed_without_a_session(visitor, path):
    answer = await visitor.get(f"/api/{path}")
    assert answer.status_code == 401
    problem = answer.json()
    assert problem | {"request_id": "", "timestamp": ""} == {
        "type": "about:blank",
        "title": "Not signed in",
        "status": 401,
        "detail": "sign in with the link that `./plainview up` and `./plainview sign-in` print",
        "code": "signed_out",
        "request_id": "",
        "timestamp": "",
    }
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_session_tells_addresses_to_those_who_are_signed_in(open_console):
    async with open_console(grafana_url="http://127.0.0.1:3000", demo=True) as client:
        assert (await client.get("/api/session")).json() == {
            "signed_in": False,
            "version": VERSION,
            "demo": True,
            "service_url": None,
            "grafana_url": None,
            "jaeger_url": None,
        }
        await client.post("/api/sign-in", json={"token": TOKEN})
        assert (await client.get("/api/session")).json() == {
            "signed_in": True,
            "version": VERSION,
            "demo": True,
            "service_url": "http://127.0.0.1:8000",
            "grafana_url": "http://127.0.0.1:3000",
            "jaeger_url": None,
        }


async def test_simulated_gpu_is_said_on_every_page(open_console):
    async with open_console(gpu="simulated") as client:
        assert (await client.get("/api/session")).json()["demo"] is True
