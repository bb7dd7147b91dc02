"""Keys as requests meet them: how old an answer may be, and how few questions the database is asked."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.database.engine import AsyncDatabase, open_async_database
from app.database.times import now
from app.keys import ring as ring_module
from app.keys.announcing import announce, listening
from app.keys.ring import FRESH_SECONDS, KeyRing
from app.keys.secret import Secret, mint
from app.keys.store import create_key, list_keys, revoke_key
from app.redis import open_redis
from app.settings import Settings
from telemetry import Telemetry


class Watched(AsyncDatabase):
    """The real database, whose questions are counted and may take their time."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.asked = 0
        self.asking = 0
        self.most_at_once = 0
        self.error: Exception | None = None
        self.after: Callable[[], Any] = lambda: None
        self.hold: asyncio.Event | None = None
        self.read_once = asyncio.Event()

    async def read(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        self.asking += 1
        self.most_at_once = max(self.most_at_once, self.asking)
        try:
            if self.error is not None:
                raise self.error
            found = await super().read(query, *args, **kwargs)
            self.read_once.set()
            if self.hold is not None:
                await self.hold.wait()
            self.after()
        finally:
            self.asking -= 1
        return found


class Clock:
    """A monotonic clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.seconds += seconds


def counter() -> Counter:
    return Counter("attempts", "Attempts.", ["outcome"], registry=CollectorRegistry())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Watched, KeyRing, Clock]]:
    async with open_async_database(settings.database) as database:
        watched, clock = Watched(database.engine), Clock()
        yield watched, KeyRing(watched, counter(), required=True, clock=clock), clock


async def becomes(ask: Callable[[], Awaitable[object]], expected: object) -> None:
    async with asyncio.timeout(5):
        while True:
            if await ask() == expected:
                return
            await asyncio.sleep(0.01)


async def is_revoked(ring: KeyRing, secret: Secret) -> bool:
    found = await ring.find(secret)
    assert found.key is not None
    return found.key.revoked_at is not None


async def test_revoked_key_is_known_as_good_for_less_than_two_seconds(settings: Settings) -> None:
    key, secret = create_key(settings, "acme")
    async with opened(settings) as (_, ring, clock):
        assert not await is_revoked(ring, secret)
        revoke_key(settings, key.id, by="me")
        clock.passes(FRESH_SECONDS - 0.01)
        assert not await is_revoked(ring, secret)
        clock.passes(0.01)
        assert await is_revoked(ring, secret)
    assert FRESH_SECONDS < 2


async def test_time_that_the_database_took_counts_to_the_age_of_its_answer(settings: Settings) -> None:
    key, secret = create_key(settings, "acme")
    async with opened(settings) as (database, ring, clock):

        def revoked_while_the_answer_was_on_its_way() -> None:
            revoke_key(settings, key.id, by="me")
            clock.passes(FRESH_SECONDS)
            database.after = lambda: None

        database.after = revoked_while_the_answer_was_on_its_way
        assert not await is_revoked(ring, secret)  # this request came before
        assert await is_revoked(ring, secret)


async def test_key_that_was_changed_here_is_asked_for_at_once(settings: Settings) -> None:
    key, secret = create_key(settings, "acme")
    async with opened(settings) as (database, ring, clock):
        database.hold = asyncio.Event()
        early = asyncio.create_task(ring.find(secret))
        await database.read_once.wait()  # the old answer is on its way
        revoke_key(settings, key.id, by="me")
        clock.passes(0.01)
        ring.forget(key.id)
        database.hold.set()
        await early
        assert await is_revoked(ring, secret)


async def test_end_of_a_key_goes_by_the_databases_clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = create_key(settings, "acme", lifetime=timedelta(seconds=10))
    async with opened(settings) as (_, ring, clock):
        found = await ring.find(secret)
        assert found.key is not None
        clock.passes(9)
        assert found.key.status(found.now()) == "active"
        clock.passes(2)
        assert found.key.status(found.now()) == "expired"


async def test_stampede_of_one_key_is_one_question(settings: Settings) -> None:
    _, secret = create_key(settings, "acme")
    async with opened(settings) as (database, ring, _):
        found = await asyncio.gather(*(ring.find(secret) for _ in range(500)))
        assert {each.key.customer for each in found if each.key} == {"acme"}
        assert database.asked == 1


async def test_first_requests_of_many_customers_share_a_question(settings: Settings) -> None:
    secrets = [create_key(settings, f"customer {number}")[1] for number in range(8)]
    async with opened(settings) as (database, ring, _):
        found = await asyncio.gather(*(ring.find(secret) for secret in secrets))
        assert [each.key and each.key.customer for each in found] == [f"customer {number}" for number in range(8)]
        assert database.asked == 1


async def test_flood_of_made_up_keys_keeps_one_connection_busy_and_drives_nobody_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring_module, "_MOST", 100)
    _, secret = create_key(settings, "acme")
    async with opened(settings) as (database, ring, _):
        await ring.find(secret)
        flood = await asyncio.gather(*(ring.find(mint()) for _ in range(2000)))
        assert all(each.key is None for each in flood)
        assert database.most_at_once == 1
        asked = database.asked
        assert asked < 10
        await ring.find(secret)
        assert database.asked == asked
        assert len(ring._strangers) == 100


async def test_made_up_key_is_asked_about_once_in_a_while(settings: Settings) -> None:
    async with opened(settings) as (database, ring, clock):
        stranger = mint()
        for _ in range(20):
            assert (await ring.find(stranger)).key is None
        assert database.asked == 1
        clock.passes(FRESH_SECONDS)
        await ring.find(stranger)
        assert database.asked == 2


async def test_made_up_keys_with_a_known_prefix_do_not_hide_the_real_one(settings: Settings) -> None:
    _, secret = create_key(settings, "acme")
    forged = [Secret(f"pv_{secret.prefix}_{mint().text[12:]}") for _ in range(5)]
    async with opened(settings) as (_, ring, _):
        found = await asyncio.gather(*(ring.find(each) for each in [*forged[:3], secret, *forged[3:]]))
    assert [each.key is not None for each in found] == [False] * 3 + [True] + [False] * 2


async def test_database_that_is_away_is_told_to_all_and_asked_again(settings: Settings) -> None:
    _, secret = create_key(settings, "acme")
    async with opened(settings) as (database, ring, _):
        database.error = OperationalError("SELECT", {}, Exception("away"))
        outcomes = await asyncio.gather(*(ring.find(secret) for _ in range(5)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [OperationalError] * 5
        database.error = None
        assert (await ring.find(secret)).key is not None


async def test_request_that_is_given_up_takes_no_other_with_it(settings: Settings) -> None:
    _, secret = create_key(settings, "acme")
    async with opened(settings) as (database, ring, _):
        database.hold = asyncio.Event()
        gone, waits = (asyncio.create_task(ring.find(secret)) for _ in range(2))
        await database.read_once.wait()
        gone.cancel()
        database.hold.set()
        assert (await waits).key is not None
        assert gone.cancelled() or gone.done()


async def test_latest_use_stays_whichever_node_writes_last(settings: Settings) -> None:
    key, _ = create_key(settings, "acme")
    async with opened(settings) as (database, ring, _), opened(settings) as (_, other, _):
        moment = await database.read(now)
        ring.note_use(key, moment)
        other.note_use(key, moment - timedelta(seconds=4))
        await ring.write_uses()
        await other.write_uses()
    assert [each.last_used_at for each in list_keys(settings)] == [moment]


async def test_uses_that_could_not_be_written_are_written_with_the_next(settings: Settings) -> None:
    key, _ = create_key(settings, "acme")
    async with opened(settings) as (database, ring, _):
        moment = await database.read(now)
        ring.note_use(key, moment)

        def locked(*_: object) -> None:
            raise OperationalError("UPDATE", {}, Exception("locked"))

        event.listen(database.engine.sync_engine, "before_cursor_execute", locked)
        await ring.write_uses()
        event.remove(database.engine.sync_engine, "before_cursor_execute", locked)
        assert list_keys(settings)[0].last_used_at is None
        await ring.write_uses()
    assert list_keys(settings)[0].last_used_at == moment


@pytest.mark.integration
async def test_other_nodes_hear_of_a_change_over_redis(settings: Settings, redis_url: str) -> None:
    key, secret = create_key(settings, "acme")
    joined = settings.model_copy(update={"redis_url": redis_url})
    async with (
        open_redis(joined) as here,
        open_redis(joined) as there,
        opened(settings) as (_, ring, clock),
        listening(there, ring),
    ):
        assert here is not None
        channel = "plainview:keys:changed"
        heard = partial(here.pubsub_numsub, channel)
        await becomes(heard, [(channel.encode(), 1)])
        assert not await is_revoked(ring, secret)
        revoke_key(settings, key.id, by="me")
        clock.passes(0.001)
        await here.publish(channel, b"\xff")  # somebody else's
        await announce(here, key.id)
        await becomes(partial(is_revoked, ring, secret), True)


async def test_redis_that_is_away_keeps_nothing_from_starting_or_changing(settings: Settings) -> None:
    joined = settings.model_copy(update={"redis_url": "redis://127.0.0.1:9"})
    async with open_redis(joined) as redis, opened(settings) as (_, ring, _), listening(redis, ring):
        await announce(redis, "any")


async def test_kept_answer_is_ten_times_faster_than_a_new_one(settings: Settings, telemetry: Telemetry) -> None:
    _, secret = create_key(settings, "acme")
    async with opened(settings) as (_, ring, clock):

        async def seconds(*, fresh: bool) -> float:
            clock.passes(0 if fresh else FRESH_SECONDS)
            began = time.perf_counter()
            await ring.find(secret)
            return time.perf_counter() - began

        await ring.find(secret)
        pairs = [(await seconds(fresh=False), await seconds(fresh=True)) for _ in range(100)]
    new, kept = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert new / kept >= 10
