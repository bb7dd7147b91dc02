"""A provider behind a circuit breaker, asked again once when the reason may have passed, and never for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from app.billing.provider import BillUnreadable, Charge, Provider, Reason
from app.breakers import Breaker, BreakerOpen, Breakers
from app.breakers.retries import again

#: Longest a reading may take: RunPod's two questions, asked at once, have 20 s each.
_PATIENCE: Final = timedelta(seconds=30)
_PASSING: Final[frozenset[Reason]] = frozenset({"unreachable", "timeout", "provider_error"})
_PAUSE: Final = timedelta(seconds=1)
_THRESHOLD: Final = 4  # failures of two readings, as each is tried twice


class GuardedProvider:
    """Asks `provider` through a breaker; lives as long as the service."""

    def __init__(self, provider: Provider, breaker: Breaker, *, pause: timedelta = _PAUSE) -> None:
        self.name = provider.name
        self._provider = provider
        self._breaker = breaker
        self._pause = pause

    async def charges(self, since: datetime, until: datetime) -> Sequence[Charge]:
        return await again("read the bill", lambda: self._ask(since, until), _may_pass, attempts=2, pause=self._pause)

    async def _ask(self, since: datetime, until: datetime) -> Sequence[Charge]:
        try:
            async with self._breaker.call(within=_PATIENCE):
                return await self._provider.charges(since, until)
        except TimeoutError as error:
            raise BillUnreadable("timeout", f"no answer within {_PATIENCE.total_seconds():g} s") from error
        except BreakerOpen as error:
            raise BillUnreadable("unreachable", str(error), timedelta(seconds=error.retry_after)) from error


async def guarded(provider: Provider, breakers: Breakers, interval: timedelta) -> GuardedProvider:
    """Return `provider` behind a breaker that stays open for an interval between two readings."""
    return GuardedProvider(
        provider, breakers.make("billing", threshold=_THRESHOLD, pause=interval, counts=lambda _: True)
    )


def _may_pass(error: Exception) -> bool:
    return isinstance(error, BillUnreadable) and error.reason in _PASSING and error.retry_after is None
