"""From settings to the limits of one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import redis as shared
from app.breakers import Breakers
from app.health.findings import Check
from app.limits.counts import Counts
from app.limits.failures import Failures
from app.limits.limiter import Limiter
from app.limits.table import table_of
from app.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Limits:
    """What limits requests, and how the Redis that it counts in is checked; no check without one."""

    limiter: Limiter
    failures: Failures
    checks: dict[str, Check]


async def limits_of(settings: Settings, redis: Redis | None, breakers: Breakers, telemetry: Telemetry) -> Limits:
    """Return the limits in force, counted in `redis` where there is one."""
    table = table_of(settings.rate_limits)
    if redis is None:
        counts = Counts(None, None)
        return Limits(Limiter(table, counts, telemetry=telemetry), Failures(table, counts, telemetry=telemetry), {})
    breaker = breakers.make("redis", threshold=shared.THRESHOLD, pause=shared.PAUSE, counts=shared.is_away)
    counts = Counts(redis, breaker)
    limiter = Limiter(table, counts, telemetry=telemetry)
    limiter.follow(breaker)
    failures = Failures(table, counts, telemetry=telemetry)
    return Limits(limiter, failures, {"redis": lambda: shared.check(redis, breaker)})
