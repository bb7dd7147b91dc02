from __future__ import annotations

import asyncio

import httpx

from app.keys.key import Facts
from app.keys.scopes import BY_ROLE, Scope, loaded, stored
from app.keys.store import add_key
from app.settings import Settings
from tests.app.conftest import bearer

NEEDS = {
    ("GET", "/jobs"): Scope.JOBS_READ,
    ("GET", f"/status/{'0' * 32}"): Scope.JOBS_READ,
    ("GET", f"/result/{'0' * 32}"): Scope.JOBS_READ,
    ("POST", f"/cancel/{'0' * 32}"): Scope.JOBS_WRITE,
    ("POST", "/generate"): Scope.JOBS_WRITE,
    ("GET", "/usage"): Scope.USAGE_READ,
    ("GET", "/keys"): Scope.KEYS_ADMIN,
}


async def test_key_without_the_scope_is_told_which_one_is_needed(client: httpx.AsyncClient, settings: Settings) -> None:
    for (method, path), needed in NEEDS.items():
        others = frozenset(Scope) - {needed}
        _, without = await asyncio.to_thread(add_key, settings, Facts(customer="boss", role="admin", scopes=others))
        _, having = await asyncio.to_thread(
            add_key, settings, Facts(customer="boss", role="admin", scopes=frozenset({needed}))
        )
        refused = await client.request(method, path, headers=bearer(without.text))
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_required"), path
        assert needed in refused.json()["detail"]
        assert (await client.request(method, path, headers=bearer(having.text))).status_code != 403, path


def test_scopes_come_back_as_they_were_stored() -> None:
    assert [loaded(stored(scopes)) for scopes in (None, frozenset(), BY_ROLE["customer"])] == [
        None,
        frozenset(),
        BY_ROLE["customer"],
    ]


def test_scope_of_a_later_version_opens_nothing() -> None:
    assert loaded("jobs:read stars:write") == {Scope.JOBS_READ}
