from __future__ import annotations

import asyncio

import pytest

from app import background
from app.background import every


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
