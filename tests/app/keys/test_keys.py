from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from prometheus_client import CollectorRegistry

from app.database.engine import Database
from app.database.tables import api_key
from app.keys import rows
from app.keys.changes import NoSuchKey
from app.keys.secret import mint, parse
from app.keys.store import create_key, list_keys, revoke_key
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import bearer


def test_key_is_readable_in_front_and_random_behind() -> None:
    secret = mint()
    assert parse(secret.text) == secret
    assert secret.text.startswith(f"pv_{secret.prefix}_")
    assert len(secret.text) == 55
    assert secret.text not in repr(secret)


@pytest.mark.parametrize("text", ["", "pv_", "pv_short_x", "sk_" + "a" * 52, f"{'a' * 55}", "pv_aaaaaaaa_" + "ä" * 43])
def test_other_text_is_not_a_key(text: str) -> None:
    assert parse(text) is None


def test_only_the_hash_is_stored(settings: Settings, database: Database) -> None:
    key, secret = create_key(settings, "acme", tier="premium", lifetime=timedelta(days=1))
    stored = database.read(lambda connection: connection.execute(api_key.select()).mappings().one())
    assert secret.text not in str(stored)
    assert secret.text[12:] not in str(stored)
    assert stored["hash"] == secret.hash
    assert list_keys(settings) == [key]


def test_secret_of_another_key_with_the_same_prefix_opens_nothing(settings: Settings, database: Database) -> None:
    _, secret = create_key(settings, "acme")
    forged = parse(secret.text[:-1] + ("a" if secret.text[-1] != "a" else "b"))
    assert forged is not None
    found, _ = database.read(rows.by_secrets, [forged, secret])
    assert list(found) == [secret.hash]


def test_revoking_works_by_prefix_and_twice(settings: Settings) -> None:
    key, _ = create_key(settings, "acme")
    first = revoke_key(settings, key.label, by="me", reason="lost")
    again = revoke_key(settings, key.id, by="you")
    assert first == again
    assert (first.revoked_by, first.revoked_reason) == ("me", "lost")
    with pytest.raises(NoSuchKey):
        revoke_key(settings, "nobody", by="me")


async def test_request_without_a_key_is_refused_with_a_challenge(client: httpx.AsyncClient) -> None:
    answer = await client.get("/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Basic YTpi", "key_malformed"),
        ("Bearer nonsense", "key_malformed"),
        (f"Bearer '{mint().text}'", "key_malformed"),
        (f'Bearer "{mint().text}"', "key_malformed"),
        (f"Bearer {mint().text}", "key_unknown"),
    ],
    ids=["another-scheme", "no-key", "quoted", "quoted-twice", "unknown"],
)
async def test_wrong_credentials_are_refused(client: httpx.AsyncClient, header: str, code: str) -> None:
    answer = await client.get("/jobs", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_expired_key_is_refused(client: httpx.AsyncClient, settings: Settings) -> None:
    _, secret = await asyncio.to_thread(create_key, settings, "acme", lifetime=timedelta(seconds=-1))
    answer = await client.get("/jobs", headers=bearer(secret.text))
    assert (answer.status_code, answer.json()["code"]) == (401, "key_expired")


async def test_customer_may_not_manage_keys(client: httpx.AsyncClient, acme: dict[str, str]) -> None:
    for method, path in (
        ("GET", "/keys"),
        ("POST", "/keys"),
        ("GET", "/keys/x"),
        ("PATCH", "/keys/x"),
        ("POST", "/keys/x/rotate"),
        ("DELETE", "/keys/x"),
    ):
        answer = await client.request(method, path, headers=acme, json={"customer": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "role_required")


async def test_key_made_over_http_works_until_it_is_revoked(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    made = await client.post("/keys", headers=admin, json={"customer": "zeta", "expires_in_days": 2})
    assert made.status_code == 201
    headers = bearer(made.json()["key"])
    assert (await client.get("/jobs", headers=headers)).status_code == 200
    listed = (await client.get("/keys", headers=admin)).json()["keys"]
    assert "key" not in listed[0]
    assert {key["customer"] for key in listed} == {"boss", "zeta"}
    revoked = await client.delete(f"/keys/{made.json()['id']}", headers=admin)
    assert revoked.json()["status"] == "revoked"
    answer = await client.get("/jobs", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")
    unknown = await client.delete("/keys/none", headers=admin)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "key_id_unknown")


async def test_checks_are_counted_by_outcome(
    client: httpx.AsyncClient, acme: dict[str, str], telemetry: Telemetry
) -> None:
    await client.get("/jobs", headers=acme)
    await client.get("/jobs")
    registry: CollectorRegistry = telemetry.registry
    for outcome in ("accepted", "missing"):
        assert registry.get_sample_value("auth_attempts_total", {"outcome": outcome}) == 1


async def test_use_of_a_key_is_noted(
    client: httpx.AsyncClient, services: Services, acme: dict[str, str], settings: Settings
) -> None:
    await client.get("/jobs", headers=acme)
    await services.keys.write_uses()
    assert next(key for key in list_keys(settings) if key.customer == "acme").last_used_at is not None
