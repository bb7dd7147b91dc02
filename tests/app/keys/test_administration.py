"""Keys over HTTP, as administrators handle them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from app.clock import utc_now
from app.keys.schemas import NewKey
from app.keys.store import create_key
from app.settings import Settings
from tests.app.conftest import bearer

Client = httpx.AsyncClient
Headers = dict[str, str]


async def make(client: Client, admin: Headers, **facts: Any) -> dict[str, Any]:
    answer = await client.post("/keys", headers=admin, json={"customer": "acme"} | facts)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_key_has_the_facts_that_it_was_made_with(client: Client, admin: Headers) -> None:
    facts = {"name": "production", "tier": "premium", "scopes": ["jobs:read"], "rate_limit": "10 per hour"}
    made = await make(client, admin, **facts, expires_in_days=1)
    shown = (await client.get(f"/keys/{made['id']}", headers=admin)).json()
    assert shown.items() >= (facts | {"rate_limit": "10/hour", "status": "active", "origin": "created"}).items()
    assert datetime.fromisoformat(shown["expires_at"]) - utc_now() > timedelta(hours=23)
    assert "key" not in shown
    assert shown["budgets"] == []
    by_prefix = await client.get(f"/keys/{made['prefix']}", headers=admin)
    assert by_prefix.json() == shown


async def test_key_is_made_with_the_budget_of_its_customer(client: Client, admin: Headers) -> None:
    soft = {"soft_usd": 3}
    await client.put("/budgets/customers/acme/day", headers=admin, json=soft)
    made = await make(client, admin, budget_day_usd=5, budget_month_usd="100.50")
    shown = (await client.get(f"/keys/{made['id']}", headers=admin)).json()["budgets"]
    assert [(each["period"], each["soft_usd"], each["hard_usd"]) for each in shown] == [
        ("day", 3, 5),
        ("month", None, 100.5),
    ]
    other = await make(client, admin)
    assert (await client.get(f"/keys/{other['id']}", headers=admin)).json()["budgets"] == shown
    wrong = await client.post("/keys", headers=admin, json={"customer": "acme", "budget_day_usd": -1})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "budget_day_usd")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"rate_limit": "10"}, ("rate_limit",)),
        ({"rate_limit": "0/hour"}, ("rate_limit",)),
        ({"rate_limit": "5 per 0 minutes"}, ("rate_limit",)),
        ({"rate_limit": "10/hour;5/minute"}, ("rate_limit",)),
        ({"rate_limit": "-1/hour"}, ("rate_limit",)),
        ({"scopes": ["jobs:fly"]}, ("scopes", 0)),
        ({"scopes": ["keys:admin"]}, ()),
        ({"name": "two\nlines"}, ("name",)),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("expires_at",)),
        ({"expires_at": "2090-01-01T00:00:00Z", "expires_in_days": 1}, ()),
        ({"tier": "gold"}, ("tier",)),
        ({"role": "root"}, ("role",)),
        ({"budget": 3}, ("budget",)),
    ],
    ids=str,
)
def test_fact_that_cannot_be_is_named(facts: dict[str, Any], field: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        NewKey.model_validate({"customer": "acme"} | facts)
    assert [error["loc"] for error in refused.value.errors()] == [field]


async def test_limit_that_cannot_be_read_is_shown_with_examples(client: Client, admin: Headers) -> None:
    answer = await client.post("/keys", headers=admin, json={"customer": "acme", "rate_limit": "ten an hour"})
    (error,) = answer.json()["errors"]
    assert error["value"] == "'ten an hour'"
    assert "10/hour" in error["message"]


async def test_change_keeps_what_is_not_named_and_null_takes_away(client: Client, admin: Headers) -> None:
    made = await make(client, admin, name="old", rate_limit="10/hour", scopes=["jobs:read"], expires_in_days=1)
    path = f"/keys/{made['id']}"
    changed = await client.patch(path, headers=admin, json={"name": "new", "tier": "premium"})
    expected = {key: value for key, value in made.items() if key != "key"} | {"name": "new", "tier": "premium"}
    assert changed.json() == expected
    everything = {"scopes": None, "rate_limit": None, "expires_at": None}
    plain = (await client.patch(path, headers=admin, json=everything)).json()
    assert (plain["rate_limit"], plain["expires_at"]) == (None, None)
    assert plain["scopes"] == ["jobs:read", "jobs:write", "usage:read"]


async def test_customer_is_not_changed_into_somebody_else(client: Client, admin: Headers) -> None:
    made = await make(client, admin)
    for facts in ({"customer": "zeta"}, {"role": "admin"}):
        answer = await client.patch(f"/keys/{made['id']}", headers=admin, json=facts)
        assert answer.status_code == 422
    beyond = await client.patch(f"/keys/{made['id']}", headers=admin, json={"scopes": ["budgets:admin"]})
    assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "scopes")


async def test_expired_key_may_be_given_more_time_and_a_revoked_one_not(
    client: Client, admin: Headers, settings: Settings
) -> None:
    key, secret = await asyncio.to_thread(create_key, settings, "acme", lifetime=timedelta(seconds=-1))
    assert (await client.get("/jobs", headers=bearer(secret.text))).json()["code"] == "key_expired"
    await client.patch(f"/keys/{key.id}", headers=admin, json={"expires_in_days": 1})
    assert (await client.get("/jobs", headers=bearer(secret.text))).status_code == 200
    await client.delete(f"/keys/{key.id}", headers=admin)
    for answer in (
        await client.patch(f"/keys/{key.id}", headers=admin, json={"name": "again"}),
        await client.post(f"/keys/{key.id}/rotate", headers=admin),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "key_not_active")


async def test_both_keys_of_a_rotation_work_until_the_overlap_ends(client: Client, admin: Headers) -> None:
    facts = {"name": "production", "tier": "premium", "rate_limit": "10/hour", "scopes": ["jobs:read"]}
    old = await make(client, admin, **facts)
    answer = await client.post(f"/keys/{old['id']}/rotate", headers=admin)
    new = answer.json()
    assert answer.status_code == 201
    assert new.items() >= (facts | {"customer": "acme", "origin": "rotated", "expires_at": None}).items()
    assert new["key"] != old["key"]
    replaced = new["replaces"]
    assert (replaced["id"], replaced["replaced_by"], replaced["status"]) == (old["id"], new["id"], "active")
    remaining = datetime.fromisoformat(replaced["expires_at"]) - utc_now()
    assert timedelta(hours=23, minutes=59) < remaining <= timedelta(hours=24)
    for key in (old, new):
        assert (await client.get("/jobs", headers=bearer(key["key"]))).status_code == 200
    again = await client.post(f"/keys/{old['id']}/rotate", headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "key_not_active")
    assert new["id"] in again.json()["detail"]


async def test_old_key_stops_at_once_without_an_overlap_and_says_why(client: Client, admin: Headers) -> None:
    old = await make(client, admin)
    assert (await client.get("/jobs", headers=bearer(old["key"]))).status_code == 200
    new = (await client.post(f"/keys/{old['prefix']}/rotate", headers=admin, json={"overlap_seconds": 0})).json()
    refused = await client.get("/jobs", headers=bearer(old["key"]))
    assert (refused.status_code, refused.json()["code"]) == (401, "key_expired")
    assert "replaced" in refused.json()["detail"]
    assert (await client.get("/jobs", headers=bearer(new["key"]))).status_code == 200


async def test_overlap_does_not_give_a_key_more_time_than_it_had(client: Client, admin: Headers) -> None:
    old = await make(client, admin, expires_at=(utc_now() + timedelta(hours=1)).isoformat())
    new = (await client.post(f"/keys/{old['id']}/rotate", headers=admin)).json()
    assert new["replaces"]["expires_at"] == new["expires_at"] == old["expires_at"]


async def test_revoked_key_tells_who_ended_it_and_why(client: Client, admin: Headers) -> None:
    made = await make(client, admin)
    revoked = await client.delete(f"/keys/{made['id']}", headers=admin, params={"reason": "left on a train"})
    assert revoked.json()["revoked_reason"] == "left on a train"
    assert revoked.json()["revoked_by"].startswith("pv_")


async def test_pages_hold_every_key_once_though_keys_are_made_meanwhile(client: Client, admin: Headers) -> None:
    made = [(await make(client, admin, name=str(number)))["id"] for number in range(5)]
    seen, cursor = [], None
    while True:
        query: dict[str, Any] = {"limit": 2, "customer": "acme"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/keys", headers=admin, params=query)).json()
        seen += [key["id"] for key in page["keys"]]
        await make(client, admin, name="later")
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == made[::-1]


async def test_list_is_narrowed_to_a_customer_and_a_state(client: Client, admin: Headers, settings: Settings) -> None:
    await asyncio.to_thread(create_key, settings, "acme", lifetime=timedelta(seconds=-1))
    gone = await make(client, admin, customer="zeta")
    await client.delete(f"/keys/{gone['id']}", headers=admin)

    async def customers(**query: str) -> list[str]:
        answer = await client.get("/keys", headers=admin, params=query)
        return [key["customer"] for key in answer.json()["keys"]]

    assert await customers(status="active") == ["boss"]
    assert await customers(status="expired") == ["acme"]
    assert await customers(status="revoked") == ["zeta"]
    assert await customers(customer="zeta", status="active") == []


async def test_cursor_that_is_none_is_refused(client: Client, admin: Headers) -> None:
    for cursor in ("x", "äöü", "MjAyMA", "a" * 199):
        answer = await client.get("/keys", headers=admin, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_key_that_is_not_there_is_unknown(client: Client, admin: Headers) -> None:
    for key in ("none", "%00", "ä" * 300, "pv_", "env_"):
        path = "/keys/" + "".join(f"%{byte:02x}" for byte in key.encode())
        answer = await client.get(path, headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (404, "key_id_unknown")
