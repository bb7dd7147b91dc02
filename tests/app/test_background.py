from __future__ import annotations

import asyncio

import pytest

from app import background
from app.background import Rest, all_tried, every


async def test_work_under_way_ends_before_the_block_does() -> None:
    begun, ended = asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.05)
        ended.append(1)

    async with every(0.0, work, name="test"):
        await begun.wait()
    assert len(ended) == 1


async def test_work_that_does_not_end_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_PATIENCE_SECONDS", 0.01)
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with every(0.0, work, name="test"):
        await begun.wait()


async def test_work_that_fails_is_done_again() -> None:
    again = asyncio.Event()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise LookupError("first time")
        again.set()

    async with every(0.0, work, name="test"):
        await asyncio.wait_for(again.wait(), 5)


def test_rest_is_twenty_times_as_long_as_the_reading_and_none_after_an_error() -> None:
    clock = [100.0]
    rest = Rest(30, lambda: clock[0])
    assert (rest.is_over, rest.is_fresh) == (True, False)
    with rest.reading():
        clock[0] += 0.5
    assert (rest.is_over, rest.is_fresh) == (False, True)
    clock[0] += 10
    assert (rest.is_over, rest.is_fresh) == (True, True)
    clock[0] += 30
    assert not rest.is_fresh
    with pytest.raises(OSError, match="away"), rest.reading():
        raise OSError("away")
    assert (rest.is_over, rest.is_fresh) == (True, False)


async def test_step_that_fails_does_not_keep_the_next_from_being_run() -> None:
    done = []

    async def fail() -> None:
        raise LookupError("first")

    async def work() -> None:
        done.append(1)

    with pytest.raises(ExceptionGroup) as failed:
        await all_tried(fail, work)
    assert (done, [str(error) for error in failed.value.exceptions]) == ([1], ["first"])
