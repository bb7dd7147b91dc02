"""Keys on a real PostgreSQL, where nodes change them at the same time."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

from app.clock import utc_now
from app.database.engine import open_async_database, open_database
from app.database.migrate import migrate
from app.keys import rows
from app.keys.bootstrap import _bootstrap, bootstrap
from app.keys.changes import KeyNotActive
from app.keys.environment import migrate_key
from app.keys.key import Facts
from app.keys.scopes import Scope
from app.keys.store import add_key, change_key, create_key, list_keys, revoke_key, rotate_key
from app.pagination import Place
from app.settings import Settings
from tests.app.conftest import TINY
from tests.app.keys.test_nodes import revocation_counts_everywhere
from tests.app.test_postgresql import empty, server

__all__ = ["empty", "server"]  # fixtures

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def nodes(empty: Settings) -> Settings:
    """Settings of nodes that share a migrated database."""
    migrate(empty)
    return empty


def test_keys_are_changed_rotated_revoked_and_listed_in_pages(nodes: Settings) -> None:
    facts = Facts(customer="acme", name="ci", scopes=frozenset({Scope.JOBS_READ}), rate_limit="10/hour")
    first, _ = add_key(nodes, facts)
    _, changed = change_key(nodes, first.label, lambda _: {"tier": "premium", "scopes": None})
    old, new, _ = rotate_key(nodes, changed.id, timedelta(0))
    assert (old.replaced_by, new.tier, new.scopes, new.rate_limit) == (new.id, "premium", None, "10/hour")
    with pytest.raises(KeyNotActive):
        rotate_key(nodes, first.id)
    revoke_key(nodes, new.id, by="me", reason="lost")
    assert [key.id for key in list_keys(nodes, status="expired")] == [old.id]
    assert [key.id for key in list_keys(nodes, customer="acme", status="revoked")] == [new.id]
    with open_database(nodes.database) as database:
        wanted: dict[str, Any] = {"customer": None, "status": None, "limit": 1}
        page = database.read(rows.newest, **wanted, after=None)
        assert [key.id for key in page] == [new.id, old.id]
        following = database.read(rows.newest, **wanted, after=Place(page[0].created_at, page[0].id).cursor())
        assert [key.id for key in following] == [old.id]


def test_key_is_rotated_once_however_many_ask(nodes: Settings) -> None:
    key, _ = create_key(nodes, "acme")

    def rotate(_: int) -> bool:
        try:
            rotate_key(nodes, key.id)
        except KeyNotActive:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(rotate, range(4))) == 1
    assert len(list_keys(nodes)) == 2


def test_nodes_note_uses_of_the_same_keys_without_locking_each_other_out(nodes: Settings) -> None:
    keys = [create_key(nodes, "acme")[0].id for _ in range(10)]
    moment = utc_now()

    def note(node: int) -> None:
        for second in range(10):
            order = keys if node % 2 else keys[::-1]
            database.write(rows.used, dict.fromkeys(order, moment + timedelta(seconds=second * 4 + node)))

    with open_database(nodes.database) as database, ThreadPoolExecutor(4) as pool:
        list(pool.map(note, range(4)))
    assert {key.last_used_at for key in list_keys(nodes)} == {moment + timedelta(seconds=39)}


def test_old_key_is_taken_over_once_by_nodes_that_start_together(nodes: Settings) -> None:
    upgraded = nodes.model_copy(update={"api_key": SecretStr("Zk3!kd93-mQpL0x_vN7s2Yb")})

    async def start() -> int:
        async with open_async_database(nodes.database) as database:
            stored = await asyncio.gather(*(migrate_key(database, upgraded) for _ in range(5)))
        return sum(key is not None for key in stored)

    assert asyncio.run(start()) == 1
    assert len(list_keys(nodes)) == 1


def test_one_of_the_nodes_that_are_set_up_together_makes_the_first_key(nodes: Settings, tmp_path: Path) -> None:
    late = nodes.model_copy(update={"first_key_file": tmp_path / "late"})
    with open_database(nodes.database) as database, ThreadPoolExecutor() as pool:

        def while_the_other_begins(connection: Connection) -> Future[str]:
            assert _bootstrap(connection, tmp_path / "first") == "created"
            other = pool.submit(bootstrap, late)
            wait([other], timeout=1)
            return other

        assert database.write(while_the_other_begins).result() == "not needed"
    assert len(list_keys(nodes)) == 1
    assert not (tmp_path / "late").exists()


def test_revoked_key_is_refused_by_every_node_within_two_seconds(nodes: Settings, tmp_path: Path) -> None:
    environment = {
        "PLAINVIEW_HOME": str(tmp_path),
        "PLAINVIEW_DATABASE_URL": str(nodes.database_url),
        "PLAINVIEW_GENERATOR": TINY,
        "PLAINVIEW_GPU": "off",
    }
    revocation_counts_everywhere(nodes, environment, tmp_path)
