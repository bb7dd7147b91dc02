"""Says to all nodes that a key was changed, where a Redis joins them.

It makes a change count at once; without it, or while Redis is away, the age that answers about keys may have does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from redis.exceptions import RedisError

from app.keys.ring import KeyRing
from app.redis import TIMEOUT

if TYPE_CHECKING:
    from redis.asyncio import Redis

_CHANNEL: Final = "plainview:keys:changed"
_SECONDS: Final = 1.0


async def announce(redis: Redis | None, key_id: str) -> None:
    """Tell the other nodes; that nobody hears it is no harm."""
    if redis is not None:
        with suppress(RedisError):
            await redis.publish(_CHANNEL, key_id)


@asynccontextmanager
async def listening(redis: Redis | None, ring: KeyRing) -> AsyncIterator[None]:
    """Have `ring` forget the keys that other nodes change while the block lasts."""
    if redis is None:
        yield
        return
    task = asyncio.create_task(_listen(redis, ring), name="hear of changed keys")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(redis: Redis, ring: KeyRing) -> None:
    while True:
        with suppress(RedisError, TimeoutError):
            async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                async with asyncio.timeout(TIMEOUT):
                    await channel.subscribe(_CHANNEL)
                while True:
                    message = await channel.get_message(timeout=_SECONDS)
                    if message is not None:
                        ring.forget(message["data"].decode(errors="replace"))
        await asyncio.sleep(_SECONDS)
