"""Wrong keys: counted by address, refused before they are looked up, without locking out good ones."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.keys.secret import mint
from app.keys.store import create_key, revoke_key
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import bearer
from tests.app.limits.conftest import STRANGER, Client

pytestmark = pytest.mark.parametrize("table", [{"failures": ["3/minute", "5/hour"]}])


def wrong() -> dict[str, str]:
    return bearer(mint().text)


def refused(telemetry: Telemetry) -> float | None:
    labels = {"limiter": "failures", "tier": "anonymous", "outcome": "limited"}
    return telemetry.registry.get_sample_value("rate_limit_decisions_total", labels)


async def ask(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get("/jobs", headers=headers)).status_code


async def test_keys_after_many_wrong_ones_are_not_looked_up(client: httpx.AsyncClient, telemetry: Telemetry) -> None:
    assert [await ask(client, wrong()) for _ in range(3)] == [401] * 3
    looked_up = telemetry.registry.get_sample_value("cache_lookups_total", {"cache": "keys", "outcome": "miss"})
    answer = await client.get("/jobs", headers=wrong())
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_failures")
    assert int(answer.headers["retry-after"]) == answer.json()["context"]["retry_after_seconds"] >= 1
    assert refused(telemetry) == 1
    after = telemetry.registry.get_sample_value("cache_lookups_total", {"cache": "keys", "outcome": "miss"})
    assert after == looked_up


async def test_other_addresses_are_not_held_up(client_at: Client) -> None:
    for _ in range(4):
        await ask(client_at(STRANGER), wrong())
    assert await ask(client_at("203.0.113.8"), wrong()) == 401


async def test_key_that_was_good_here_passes_whatever_its_neighbours_do(
    client: httpx.AsyncClient, acme: dict[str, str]
) -> None:
    assert await ask(client, acme) == 200
    for _ in range(6):
        await ask(client, wrong())
    assert await ask(client, wrong()) == 429
    assert await ask(client, acme) == 200


async def test_good_keys_use_nothing_up(client: httpx.AsyncClient, settings: Settings) -> None:
    keys = [
        bearer((await asyncio.to_thread(create_key, settings, f"customer {number}"))[1].text) for number in range(5)
    ]
    assert [await ask(client, key) for key in keys] == [200] * 5


async def test_key_that_was_revoked_is_counted_like_a_wrong_one(
    client: httpx.AsyncClient, settings: Settings, services: Services
) -> None:
    key, secret = await asyncio.to_thread(create_key, settings, "leaver")
    assert await ask(client, bearer(secret.text)) == 200
    await asyncio.to_thread(revoke_key, settings, key.id, by="a test")
    services.keys.forget(key.id)
    assert [await ask(client, bearer(secret.text)) for _ in range(4)] == [401, 401, 401, 429]


async def test_burst_of_guesses_is_not_looked_up_at_once(client: httpx.AsyncClient) -> None:
    statuses = await asyncio.gather(*(ask(client, wrong()) for _ in range(40)))
    assert statuses.count(401) <= 3


async def test_this_host_is_not_locked_out(client_at: Client, acme: dict[str, str]) -> None:
    here = client_at("127.0.0.1")
    assert [await ask(here, wrong()) for _ in range(6)] == [401] * 6
    assert await ask(here, acme) == 200


async def test_missing_key_is_no_guess(client: httpx.AsyncClient) -> None:
    assert [(await client.get("/jobs")).status_code for _ in range(6)] == [401] * 6
    assert await ask(client, {"Authorization": "Basic abc"}) == 401
