"""Where requests are counted: in Redis, which all nodes share, or in this process while that is away or there is none.

Redis that says nothing to anybody for `SILENCE` is away: then, and until it answers again, decisions are made here. That
is all a request waits, for a connection, for an answer, for a second try and for all its decisions together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.breakers import Breaker, BreakerOpen
from app.limits.memory import Memory
from app.limits.patience import Patience
from app.limits.shared import Shared
from app.limits.standing import Policy, Standing
from app.limits.waited import Waited
from app.redis import is_away

if TYPE_CHECKING:
    from redis.asyncio import Redis

#: 50 ms are promised; what is left is for the decision in memory and for a loop that is late.
SILENCE: Final = timedelta(milliseconds=35)
_MOST: Final = timedelta(milliseconds=500)


class Counts:
    """Counts requests and decides on them; lives as long as the app."""

    def __init__(self, redis: Redis | None, breaker: Breaker | None, *, silence: timedelta = SILENCE) -> None:
        self._breaker = breaker
        self._patience = Patience(silence, max(silence, _MOST))
        self._here = Memory()
        self._shared = None if redis is None else Shared(redis)

    async def take(self, policies: Sequence[Policy], caller: str, waited: Waited | None = None) -> Standing:
        """Count a request of `caller` under every policy, or under none when one of them refuses it."""
        return await self._decide(policies, caller, waited or Waited(), takes=True)

    async def look(self, policies: Sequence[Policy], caller: str, waited: Waited | None = None) -> Standing:
        """Tell how `caller` stands without counting anything."""
        return await self._decide(policies, caller, waited or Waited(), takes=False)

    async def _decide(self, policies: Sequence[Policy], caller: str, waited: Waited, *, takes: bool) -> Standing:
        if self._shared is not None and self._breaker is not None and not waited.in_vain:
            try:
                async with self._breaker.call(), self._patience.wait():
                    standing = await self._shared.decide(policies, caller, takes=takes)
                    self._patience.heard()
                    return standing
            except BreakerOpen:
                pass
            except Exception as error:
                if not is_away(error):
                    raise
                waited.in_vain = True
        return self._here.decide(policies, caller, takes=takes)
