from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, MetaData, String, Table, create_engine, insert, select, update

from app.database.engine import Database
from app.database.tables import job
from app.database.times import Moment
from app.jobs import rows
from app.jobs.rows import NewJob
from app.pagination import Place, newest_first

_TABLE = Table("thing", MetaData(), Column("id", String(8), primary_key=True), Column("made", Moment))
_FROM = datetime(2026, 1, 1, tzinfo=UTC)
# Few moments, so that many things share one.
_THINGS = st.dictionaries(st.from_regex(r"[a-f0-9]{1,6}", fullmatch=True), st.integers(0, 4), max_size=30)


@given(moment=st.datetimes(timezones=st.just(UTC)), name=st.from_regex(r"[a-zA-Z0-9_.:-]{1,64}", fullmatch=True))
def test_cursor_tells_the_place_it_was_made_from(moment: datetime, name: str) -> None:
    assert Place.of(Place(moment, name).cursor()) == Place(moment, name)


@pytest.mark.parametrize(
    "cursor", ["", "a", "....", "AAAA", "MTIz", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk6YQ", "MTox\n", "MToA"]
)
def test_text_that_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="should be a cursor"):
        Place.of(cursor)


@settings(max_examples=40, deadline=None)
@given(things=_THINGS, later=_THINGS, limit=st.integers(1, 7))
def test_every_thing_is_shown_once_whatever_comes_meanwhile(
    things: dict[str, int], later: dict[str, int], limit: int
) -> None:
    engine = create_engine("sqlite://")
    _TABLE.metadata.create_all(engine)
    coming = [(name, 10 + at) for name, at in later.items() if name not in things]
    with engine.begin() as connection:
        _add(connection, list(things.items()))
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = connection.execute(newest_first(select(_TABLE), _TABLE.c.made, _TABLE.c.id, cursor, limit)).all()
            seen += [row.id for row in page[:limit]]
            if len(page) <= limit:
                break
            cursor = Place(page[limit - 1].made, page[limit - 1].id).cursor()
            _add(connection, coming[:3])
            coming = coming[3:]
    engine.dispose()
    assert seen == sorted(things, key=lambda name: (things[name], name), reverse=True)


def _add(connection: Connection, things: list[tuple[str, int]]) -> None:
    if things:
        values = [{"id": name, "made": _FROM + timedelta(seconds=at)} for name, at in things]
        connection.execute(insert(_TABLE), values)


async def test_jobs_of_one_moment_are_neither_lost_nor_repeated(
    client: httpx.AsyncClient, acme: dict[str, str], database: Database
) -> None:
    ids = {f"{number:032x}" for number in range(7)}
    for name in ids:
        new = NewJob(name, "acme", "key", "standard", "hello", None, None)
        await asyncio.to_thread(database.write, rows.add, new)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(update(job).values(created_at=_FROM)))
    seen: list[str] = []
    url: str | None = "/jobs?limit=3"
    while url:
        answer = await client.get(url, headers=acme)
        seen += [each["job_id"] for each in answer.json()["jobs"]]
        url = answer.json()["next"]
        assert answer.links.get("next", {}).get("url") == url
    assert (len(seen), set(seen)) == (7, ids)


async def test_cursor_that_is_none_is_a_field_at_fault(client: httpx.AsyncClient, acme: dict[str, str]) -> None:
    answer = await client.get("/jobs?cursor=nonsense&limit=0", headers=acme)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"cursor", "limit"}
