"""Waits that end after a silence, not after a time."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from app.limits.patience import Patience

SILENCE, MOST = timedelta(milliseconds=50), timedelta(seconds=1)


@pytest.fixture
def patience() -> Patience:
    return Patience(SILENCE, MOST)


async def waited(patience: Patience) -> float:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with patience.wait():
            await asyncio.Event().wait()
    return time.monotonic() - began


async def test_silence_ends_all_waits(patience: Patience) -> None:
    for seconds in await asyncio.gather(*(waited(patience) for _ in range(20))):
        assert 0.05 <= seconds < 0.5


async def test_answers_to_others_prolong_a_wait(patience: Patience) -> None:
    waiting = asyncio.create_task(waited(patience))
    for _ in range(10):
        await asyncio.sleep(0.02)
        patience.heard()
    assert 0.2 <= await waiting < 0.9


async def test_answers_to_others_do_not_prolong_it_for_ever() -> None:
    patience = Patience(SILENCE, timedelta(milliseconds=150))
    waiting = asyncio.create_task(waited(patience))
    while not waiting.done():
        patience.heard()
        await asyncio.sleep(0.01)
    assert 0.15 <= await waiting < 0.9


async def test_late_loop_reads_the_answer_that_lies_there(patience: Patience) -> None:
    loop = asyncio.get_running_loop()
    async with pipe() as (reader, writer), patience.wait():
        writer.write(b"answer\n")
        await writer.drain()
        loop.call_soon(time.sleep, 0.1)  # whatever else the loop is busy with
        assert await reader.readline() == b"answer\n"


@asynccontextmanager
async def pipe() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give the two ends of a connection; one that is left open is told of in whatever test runs when it is collected."""
    one, other = socket.socketpair()
    reader, back = await asyncio.open_connection(sock=one)
    _, writer = await asyncio.open_connection(sock=other)
    try:
        yield reader, writer
    finally:
        for end in (back, writer):
            end.close()
            await end.wait_closed()
