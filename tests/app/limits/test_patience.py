"""Waits that end after a silence, not after a time."""

from __future__ import annotations

import asyncio
import time
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
    reader, writer = await _pipe()
    async with patience.wait():
        writer.write(b"answer\n")
        await writer.drain()
        loop.call_soon(time.sleep, 0.1)  # whatever else the loop is busy with
        assert await reader.readline() == b"answer\n"
    writer.close()


async def _pipe() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    far: asyncio.Future[asyncio.StreamReader] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda reader, _: far.set_result(reader), "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    server.close()
    return await far, writer
