"""`RateLimitMeter` around a real limiter that an app uses as a dependency."""

import time
from typing import Annotated

from fastapi import Depends, Header, HTTPException

from telemetry.meters import RateLimitMeter

LIMITS = {"free": 2, "pro": 5}


class Limiter:
    """So many requests of each customer in a minute; without its storage it lets everybody pass and says so."""

    def __init__(self) -> None:
        self.meter = RateLimitMeter("api", tiers=LIMITS)
        self.storage: dict[tuple[str, int], int] | None = {}

    def __call__(self, tier: Annotated[str, Header()], customer: Annotated[str, Header()]) -> None:
        self.meter.degraded(now=self.storage is None)
        if self.storage is None:
            self.meter.unchecked(tier)
            return
        with self.meter.check():
            minute = (customer, int(time.monotonic() / 3600))
            used = self.storage[minute] = self.storage.get(minute, 0) + 1
        if used > LIMITS[tier]:
            self.meter.limited(tier)
            raise HTTPException(429)
        self.meter.allowed(tier)


async def test_decisions_are_counted_by_tier_and_outcome(app, client, value):
    limiter = Limiter()
    app.get("/x", dependencies=[Depends(limiter)])(lambda: 1)
    assert value("rate_limit_decisions_total", limiter="api", tier="pro", outcome="limited") == 0
    answers = [await client.get("/x", headers={"tier": "free", "customer": "acme"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429]
    await client.get("/x", headers={"tier": "pro", "customer": "umbrella"})
    assert value("rate_limit_decisions_total", limiter="api", tier="free", outcome="allowed") == 2
    assert value("rate_limit_decisions_total", limiter="api", tier="free", outcome="limited") == 3
    assert value("rate_limit_decisions_total", limiter="api", tier="pro", outcome="allowed") == 1
    assert value("rate_limit_check_duration_seconds_count", limiter="api") == 6
    assert value("rate_limit_degraded", limiter="api") == 0
    limiter.storage = None
    assert (await client.get("/x", headers={"tier": "free", "customer": "acme"})).status_code == 200
    assert value("rate_limit_decisions_total", limiter="api", tier="free", outcome="unchecked") == 1
    assert value("rate_limit_degraded", limiter="api") == 1


def test_tiers_cannot_flood(value):
    meter = RateLimitMeter("api")
    for number in range(300):
        meter.allowed(f"tier-{number}")
    assert value("rate_limit_decisions_total", limiter="api", tier="other", outcome="allowed") == 200
