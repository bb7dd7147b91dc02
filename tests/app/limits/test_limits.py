"""Limits as callers meet them."""

from __future__ import annotations

import asyncio
import json
import logging
import time

import httpx
import pytest
from fastapi import FastAPI

from app.keys.store import create_key
from app.limits.enforcement import LimitedByAddress
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import bearer
from tests.app.limits.conftest import Client

HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "ratelimit-policy")


def decisions(telemetry: Telemetry, tier: str, outcome: str) -> float | None:
    labels = {"limiter": "requests", "tier": tier, "outcome": outcome}
    return telemetry.registry.get_sample_value("rate_limit_decisions_total", labels)


@pytest.fixture
def premium(settings: Settings) -> dict[str, str]:
    return bearer(create_key(settings, "rich", tier="premium")[1].text)


async def test_answers_say_what_is_left(client: httpx.AsyncClient, acme: dict[str, str]) -> None:
    answer = await client.get("/jobs", headers=acme)
    assert answer.status_code == 200
    assert answer.headers["x-ratelimit-limit"] == "30"
    assert answer.headers["x-ratelimit-remaining"] == "29"
    assert 0 <= int(answer.headers["x-ratelimit-reset"]) - time.time() <= 121
    assert answer.headers["ratelimit-policy"] == '"stats";q=30;w=60, "total";q=1000;w=60'
    assert answer.headers["ratelimit"].startswith('"stats";r=29;t=')
    assert '"total";r=999;t=' in answer.headers["ratelimit"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/jobs?limit=0", 422),
        ("GET", "/status/00000000000000000000000000000000", 404),
        ("GET", "/keys", 403),
    ],
)
async def test_refusals_say_it_too(
    client: httpx.AsyncClient, acme: dict[str, str], method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path, headers=acme)
    assert answer.status_code == status
    assert all(name in answer.headers for name in HEADERS)


@pytest.mark.parametrize(
    ("method", "path", "status", "limit"),
    [
        ("GET", "/jobs", 401, "100"),
        ("GET", "/nowhere", 404, "100"),
        ("DELETE", "/jobs", 405, "100"),
        ("GET", "/docs", 200, "100"),
        ("GET", "/health/live", 200, "60"),
    ],
)
async def test_requests_without_a_key_count_for_their_address(
    client: httpx.AsyncClient, method: str, path: str, status: int, limit: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["x-ratelimit-limit"]) == (status, limit)


async def test_failure_of_the_service_says_it_too(api: FastAPI, client: httpx.AsyncClient) -> None:
    async def broken() -> None:
        raise RuntimeError

    api.add_api_route("/broken", broken, dependencies=[LimitedByAddress])
    answer = await client.get("/broken")
    assert (answer.status_code, answer.headers["x-ratelimit-limit"]) == (500, "100")


async def test_eleventh_submit_of_a_minute_waits_as_long_as_it_is_told(
    client: httpx.AsyncClient, acme: dict[str, str], premium: dict[str, str], telemetry: Telemetry
) -> None:
    for number in range(10):
        answer = await client.post("/generate", headers=acme, json={})
        assert answer.status_code == 415
        assert answer.headers["x-ratelimit-remaining"] == str(9 - number)
    answer = await client.post("/generate", headers=acme, json={})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (429, "rate_limited")
    assert problem["context"] | {"retry_after_seconds": 0} == {
        "limit": "submit",
        "amount": 10,
        "window_seconds": 60,
        "retry_after_seconds": 0,
    }
    assert 1 <= int(answer.headers["retry-after"]) == problem["context"]["retry_after_seconds"] <= 60
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert (await client.get("/jobs", headers=acme)).status_code == 200
    assert (await client.post("/generate", headers=premium, json={})).headers["x-ratelimit-limit"] == "50"
    assert decisions(telemetry, "standard", "limited") == 1
    assert decisions(telemetry, "premium", "allowed") == 1


async def test_keys_of_a_customer_count_apart(
    client: httpx.AsyncClient, settings: Settings, acme: dict[str, str]
) -> None:
    other = bearer((await asyncio.to_thread(create_key, settings, "acme"))[1].text)
    await client.get("/jobs", headers=acme)
    assert (await client.get("/jobs", headers=other)).headers["x-ratelimit-remaining"] == "29"


async def test_keys_of_a_rotation_share_what_one_key_has(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    made = (await client.post("/keys", headers=admin, json={"customer": "small", "rate_limit": "6/hour"})).json()
    newer = (await client.post(f"/keys/{made['id']}/rotate", headers=admin)).json()
    newest = (await client.post(f"/keys/{newer['id']}/rotate", headers=admin)).json()
    keys = [bearer(key["key"]) for key in (made, newer, newest)]
    answers = [await client.get("/jobs", headers=headers) for headers in keys * 3]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 3
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:6]] == ["5", "4", "3", "2", "1", "0"]


async def test_raised_limit_of_a_key_keeps_what_was_counted(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    made = (await client.post("/keys", headers=admin, json={"customer": "small", "rate_limit": "2/hour"})).json()
    headers = bearer(made["key"])
    assert [(await client.get("/jobs", headers=headers)).status_code for _ in range(3)] == [200, 200, 429]
    await client.patch(f"/keys/{made['id']}", headers=admin, json={"rate_limit": "3/hour"})
    assert [(await client.get("/jobs", headers=headers)).status_code for _ in range(2)] == [200, 429]


async def test_administrators_are_not_limited_where_customers_are(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    answers = [await client.get("/jobs", headers=admin) for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}
    assert "x-ratelimit-limit" not in answers[-1].headers
    assert (await client.get("/keys", headers=admin)).headers["x-ratelimit-limit"] == "1000"


async def test_limit_of_a_key_replaces_the_total(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    new = await client.post("/keys", headers=admin, json={"customer": "small", "rate_limit": "2/hour"})
    small = bearer(new.json()["key"])
    statuses = [(await client.get(path, headers=small)).status_code for path in ("/jobs", "/usage", "/jobs")]
    assert statuses == [200, 200, 429]
    answer = await client.get("/jobs", headers=small)
    assert answer.json()["context"]["limit"] == "total"
    assert answer.headers["x-ratelimit-limit"] == "2"


@pytest.mark.parametrize("table", [{"tiers": {"anonymous": "3/minute"}}])
async def test_flood_without_a_key_is_refused_and_good_keys_behind_it_are_not(
    client_at: Client, acme: dict[str, str]
) -> None:
    client = client_at("203.0.113.7")
    asked = ("/jobs", "/nowhere", "/docs", "/jobs", "/nowhere", "/docs")
    assert [(await client.get(path)).status_code for path in asked] == [401, 404, 200, 429, 429, 429]
    assert (await client.get("/jobs", headers=acme)).status_code == 200
    assert (await client_at("203.0.113.8").get("/jobs")).status_code == 401


@pytest.mark.parametrize("table", [{"tiers": {"anonymous": "2/minute"}}])
async def test_addresses_of_one_ipv6_network_are_one_caller(client_at: Client) -> None:
    statuses = [(await client_at(f"2001:db8::{number}").get("/jobs")).status_code for number in range(3)]
    assert statuses == [401, 401, 429]
    assert (await client_at("2001:db8:0:1::1").get("/jobs")).status_code == 401


@pytest.mark.parametrize("table", [{"classes": {"health": "2/minute"}}])
async def test_probes_that_decide_on_traffic_are_never_refused(client_at: Client) -> None:
    stranger, local = client_at("203.0.113.7"), client_at("127.0.0.1")
    for path in ("/health/live", "/health/ready", "/ready") * 2:
        assert (await stranger.get(path)).status_code != 429
    assert (await stranger.get("/health")).status_code == 429
    assert 429 not in [(await local.get("/health")).status_code for _ in range(4)]
    assert (await stranger.get("/docs")).headers["x-ratelimit-remaining"] == "99"


async def test_metrics_are_not_limited(client: httpx.AsyncClient) -> None:
    assert {(await client.get("/metrics")).status_code for _ in range(110)} == {200}


@pytest.mark.parametrize("table", [{"classes": {"stats": "2/minute"}}])
async def test_refusals_of_a_caller_are_one_line(
    client: httpx.AsyncClient, acme: dict[str, str], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    other = bearer((await asyncio.to_thread(create_key, settings, "other"))[1].text)
    with caplog.at_level(logging.WARNING):
        for headers in (acme, other):
            for _ in range(5):
                await client.get("/jobs", headers=headers)
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    refused = [line for line in lines if line["event"] == "rate_limit.refused"]
    assert [(line["limit"], line["amount"], line["tier"]) for line in refused] == [("stats", 2, "standard")] * 2
    assert "203.0.113.7" not in json.dumps(refused, default=str)
