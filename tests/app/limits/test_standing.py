"""Memory and Redis count alike; headers follow the draft; a caller that waits as told gets through."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse

from app.breakers import Breakers
from app.keys.authentication import DEVELOPER
from app.keys.store import create_key, rotate_key
from app.limits import memory
from app.limits.caller import key_id
from app.limits.counts import Counts
from app.limits.memory import Memory
from app.limits.opening import limits_of
from app.limits.standing import Left, Policy, Standing
from app.redis import PAUSE, THRESHOLD, is_away, open_redis
from app.settings import Settings
from telemetry import Telemetry

#: A host that runs other tests beside these may keep Redis from its processor for longer than requests would wait.
PATIENT = timedelta(seconds=20)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.integration)])
async def counts(
    request: pytest.FixtureRequest, tmp_path: Path, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Counts]:
    if request.param == "memory":
        yield Counts(None, None)
        return
    url = request.getfixturevalue("redis_url")
    monkeypatch.setattr("app.redis.TIMEOUT", PATIENT.total_seconds())
    async with open_redis(Settings(home=tmp_path, redis_url=url)) as client:
        breaker = Breakers(telemetry).make("redis", threshold=THRESHOLD, pause=PAUSE, counts=is_away)
        yield Counts(client, breaker, silence=PATIENT)


def policies(*texts: str) -> tuple[Policy, ...]:
    return tuple(Policy(f"limit {number}", parse(text)) for number, text in enumerate(texts))


async def test_of_many_at_once_exactly_the_limit_passes(counts: Counts) -> None:
    taken = await asyncio.gather(*(counts.take(policies("50/hour"), "caller") for _ in range(120)))
    assert sum(standing.refused_by is None for standing in taken) == 50


async def test_refusal_of_the_class_takes_nothing_from_the_total(counts: Counts) -> None:
    both = policies("2/hour", "10/hour")
    standings = [await counts.take(both, "caller") for _ in range(5)]
    assert [standing.refused_by is None for standing in standings] == [True, True, False, False, False]
    assert [left.remaining for left in standings[-1].left] == [0, 8]
    assert standings[-1].tightest.policy is both[0]


async def test_look_takes_nothing(counts: Counts) -> None:
    for _ in range(5):
        assert (await counts.look(policies("2/hour"), "caller")).tightest.remaining == 2


async def test_caller_that_waits_as_told_gets_through(counts: Counts) -> None:
    limit = policies("3/second")
    while (standing := await counts.take(limit, "caller")).refused_by is None:
        pass
    await asyncio.sleep(standing.tightest.reset - time.time() + 0.02)  # the wait is what is tested
    assert (await counts.take(limit, "caller")).refused_by is None


async def test_old_and_new_key_of_a_rotation_are_one_caller(counts: Counts, settings: Settings) -> None:
    made, _ = await asyncio.to_thread(create_key, settings, "acme")
    old, new, _ = await asyncio.to_thread(rotate_key, settings, made.id)
    other, _ = await asyncio.to_thread(create_key, settings, "acme")
    keys = [old, new, new, old, other]
    standings = [await counts.take(policies("3/hour"), key_id(key)) for key in keys]
    assert [standing.refused_by is None for standing in standings] == [True, True, True, False, True]


async def test_changed_amount_is_of_the_same_count(counts: Counts) -> None:
    lowered = [await counts.take(policies(text), "caller") for text in ("5/hour", "5/hour", "5/hour", "2/hour")]
    assert [standing.tightest.remaining for standing in lowered] == [4, 3, 2, 0]
    assert lowered[-1].refused_by is not None
    assert (await counts.take(policies("4/hour"), "caller")).tightest.remaining == 0


async def test_stored_names_hold_no_key_and_no_address(tmp_path: Path, redis_url: str, telemetry: Telemetry) -> None:
    async with open_redis(Settings(home=tmp_path, redis_url=redis_url)) as client:
        assert client is not None
        limits = await limits_of(Settings(home=tmp_path), client, Breakers(telemetry), telemetry)
        await limits.limiter.check(key_id(DEVELOPER), "standard", limits.limiter.policies("standard", "submit"))
        names = [name.decode() for name in await client.keys("*")]
    assert len(names) == 2
    form = r"plainview:limits:(submit|total):60:[0-9a-f]{32}:\d+"
    assert all(re.fullmatch(form, name) for name in names)


def test_tightest_is_the_one_that_ends_first() -> None:
    narrow, wide = policies("10/minute", "100/hour")
    standing = Standing((Left(narrow, 4, 60.0), Left(wide, 3, 90.0)))
    assert standing.tightest.policy is wide
    assert Standing((Left(narrow, 0, 60.0), Left(wide, 0, 90.0)), narrow).tightest.policy is narrow


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0 * 60

    def __call__(self) -> float:
        return self.now


def test_window_slides() -> None:
    """Of ten in the last seconds of a minute nine still count a tenth into the next one."""
    clock = Clock()
    kept, limit = Memory(clock), policies("10/minute")
    clock.now += 59
    assert [kept.decide(limit, "caller", takes=True).refused_by for _ in range(10)] == [None] * 10
    clock.now += 7
    assert kept.decide(limit, "caller", takes=False).tightest.remaining == 1
    assert kept.decide(limit, "caller", takes=True).refused_by is None
    assert kept.decide(limit, "caller", takes=True).refused_by is limit[0]
    clock.now += 60 * 2
    assert kept.decide(limit, "caller", takes=False).tightest.remaining == 10


@given(amount=st.integers(1, 20), counted=st.integers(1, 40), at=st.floats(0, 59.9), later=st.floats(0, 59.9))
def test_wait_after_a_limit_was_lowered_is_long_enough(amount: int, counted: int, at: float, later: float) -> None:
    clock = Clock()
    kept, wide, limit = Memory(clock), policies("40/minute"), policies(f"{amount}/minute")
    clock.now += at
    for _ in range(counted):
        kept.decide(wide, "caller", takes=True)
    clock.now += later
    began = time.time()
    standing = kept.decide(limit, "caller", takes=False)
    if standing.refused_by is not None:
        clock.now += standing.tightest.reset - began + 0.01
        assert kept.decide(limit, "caller", takes=False).refused_by is None


def test_window_after_a_quiet_one_begins_empty() -> None:
    clock = Clock()
    kept, limit = Memory(clock), policies("2/minute")
    for _ in range(2):
        kept.decide(limit, "caller", takes=True)
    clock.now += 120
    assert kept.decide(limit, "caller", takes=True).tightest.remaining == 1


@given(
    amount=st.integers(1, 30),
    seconds=st.integers(1, 90),
    gaps=st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=60),
)
def test_no_window_has_more_than_the_limit_and_its_neighbour(amount: int, seconds: int, gaps: list[float]) -> None:
    clock = Clock()
    kept, limit = Memory(clock), policies(f"{amount} per {seconds} seconds")
    passed: list[float] = []
    for gap in gaps:
        clock.now += gap
        standing = kept.decide(limit, "caller", takes=True)
        assert 0 <= standing.tightest.remaining <= amount
        if standing.refused_by is None:
            passed.append(clock.now)
    for index in {int(moment // seconds) for moment in passed}:
        assert sum(int(moment // seconds) == index for moment in passed) <= amount


def test_flood_of_callers_is_kept_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST", 100)
    kept, limit = Memory(), policies("5/hour")
    for number in range(1000):
        kept.decide(limit, f"caller {number}", takes=True)
    assert len(kept) == 100
    assert kept.decide(limit, "caller 999", takes=False).tightest.remaining == 4
