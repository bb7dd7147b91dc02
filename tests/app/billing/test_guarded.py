"""The provider behind its breaker: tried again once, left alone after failures, asked again by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.billing.guarded import GuardedProvider
from app.billing.provider import BillUnreadable, Charge, Reason
from app.breakers import Breaker, Breakers
from telemetry import Telemetry
from tests.app.breakers.test_breaker import Clock

SPAN = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
CHARGES = [Charge(SPAN[0], Decimal(1))]


class Provider:
    """Fails with the reasons it was given, then answers."""

    name = "test"

    def __init__(self, *reasons: Reason) -> None:
        self.reasons = list(reasons)
        self.spans: list[tuple[datetime, datetime]] = []

    @property
    def asked(self) -> int:
        return len(self.spans)

    async def charges(self, since: datetime, until: datetime) -> Sequence[Charge]:
        self.spans.append((since, until))
        if self.reasons:
            raise BillUnreadable(self.reasons.pop(0), "away")
        return CHARGES


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def breaker(telemetry: Telemetry, clock: Clock) -> Breaker:
    pause = timedelta(minutes=5)
    return Breakers(telemetry).make("billing", threshold=4, pause=pause, counts=lambda _: True, clock=clock)


def guarded(provider: Provider, breaker: Breaker) -> GuardedProvider:
    return GuardedProvider(provider, breaker, pause=timedelta(milliseconds=1))


async def test_failure_that_may_pass_is_tried_once_more_and_counted(breaker: Breaker, telemetry: Telemetry) -> None:
    provider = Provider("timeout")
    assert await guarded(provider, breaker).charges(*SPAN) == CHARGES
    assert provider.asked == 2
    labels = {"operation": "read the bill", "error_type": "BillUnreadable"}
    assert telemetry.registry.get_sample_value("retries_total", labels) == 1


async def test_refused_key_is_not_tried_again(breaker: Breaker) -> None:
    provider = Provider("key_refused")
    with pytest.raises(BillUnreadable, match="away"):
        await guarded(provider, breaker).charges(*SPAN)
    assert provider.asked == 1


async def test_failing_provider_is_left_alone_until_it_is_time_to_ask_again(breaker: Breaker, clock: Clock) -> None:
    provider = Provider(*["unreachable"] * 4)
    for _ in range(2):
        with pytest.raises(BillUnreadable):
            await guarded(provider, breaker).charges(*SPAN)
    with pytest.raises(BillUnreadable) as left_alone:
        await guarded(provider, breaker).charges(*SPAN)
    assert (provider.asked, left_alone.value.retry_after) == (4, timedelta(minutes=5))
    clock.seconds += 300
    assert await guarded(provider, breaker).charges(*SPAN) == CHARGES
    assert breaker.state == "closed"
