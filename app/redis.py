"""The Redis that all nodes share: one client for limits, caches and messages, made so that its absence costs little.

It holds nothing that must not be lost. Whoever uses it catches `redis.RedisError` and goes on without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from app.breakers import Breaker, BreakerOpen
from app.health.findings import Finding
from app.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

#: The longest that a command takes, with a connection, a second try and all.
TIMEOUT: Final = 0.5
# Redis answers in well under a millisecond: more than this many requests at once wait for it, not for a connection.
_MOST_CONNECTIONS: Final = 20
_PING_SECONDS: Final = 30
#: When it is left alone, and for how long: by the breaker `redis`.
THRESHOLD: Final = 3
PAUSE: Final = timedelta(seconds=3)


@asynccontextmanager
async def open_redis(settings: Settings) -> AsyncIterator[Redis | None]:
    """Give the client of the Redis that `settings` name, None where they name none; nothing is asked of it yet.

    Values come back as bytes. A subscription reads by `get_message(timeout=...)`: any other read ends after `TIMEOUT`.
    """
    if settings.redis_url is None:
        yield None
        return
    from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415 - what a service without Redis does not load
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.exceptions import ConnectionError as ConnectionLost  # noqa: PLC0415

    from app.redis_client import BoundedRedis  # noqa: PLC0415

    options: dict[str, Any] = {}
    if settings.redis_password is not None:
        options["password"] = settings.redis_password.get_secret_value()
    # A pool that does not block raises at its hundredth connection. The client's own default is three more tries, for
    # seconds; one more is for a connection that died while it was idle, and a time-out is not tried again.
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=_MOST_CONNECTIONS,
        timeout=TIMEOUT,
        socket_timeout=None,
        socket_connect_timeout=TIMEOUT,
        health_check_interval=_PING_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
        **options,
    )
    async with pool:
        yield BoundedRedis(TIMEOUT, connection_pool=pool)


def is_away(error: BaseException) -> bool:
    """Tell whether `error` says that Redis cannot be used now: it is away, silent, starting or full."""
    from redis.exceptions import RedisError  # noqa: PLC0415

    return isinstance(error, (RedisError, OSError))


async def check(redis: Redis, breaker: Breaker) -> Finding:
    """Tell how Redis is. Without it each process counts and remembers for itself: degraded, and still ready."""
    try:
        async with breaker.call():
            await redis.ping()
    except Exception as error:
        if not isinstance(error, BreakerOpen) and not is_away(error):
            raise
        return Finding("degraded", "does not answer: each process counts limits for itself", type(error).__name__)
    return Finding("healthy", "answers")
