"""Failed key checks: an address with many of them is refused before its next key is looked up, longer and longer.

A key that was good here before is looked up however its neighbours behind the same address behave, so that nobody is
locked out by somebody else; a new key waits as the address does. Addresses of this host are counted and never refused:
the commands of whoever runs the service come from there, and all of its customers where a proxy is not named. What is in the way of guessing is the key's 256 bits;
this keeps guessing from being a load.

Series: `rate_limit_*{limiter="failures"}`.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from limits import parse
from starlette.requests import Request

from app.errors import Code, ServiceError
from app.limits.caller import address_id, is_local
from app.limits.counts import Counts
from app.limits.refusals import Refusals
from app.limits.standing import Policy
from app.limits.table import Table
from app.limits.waited import Waited, waited_by
from telemetry.meters import RateLimitMeter

if TYPE_CHECKING:
    from telemetry import Telemetry

_LIMITER: Final = "failures"
_TIER: Final = "anonymous"
_WRONG: Final = frozenset({Code.KEY_MALFORMED, Code.KEY_UNKNOWN, Code.KEY_REVOKED, Code.KEY_EXPIRED})
_MOST_KNOWN: Final = 10_000
_KNOWN_SECONDS: Final = 86_400.0


class Failures:
    """Counts failed key checks by address; lives as long as the app."""

    def __init__(self, table: Table, counts: Counts, *, telemetry: Telemetry | None = None) -> None:
        widest_first = sorted(map(parse, table.failures), key=lambda item: item.amount, reverse=True)
        # Of two for the same time, which are counted as one, the larger would never be what refuses.
        by_window = {item.get_expiry(): item for item in widest_first}
        self._policies = tuple(Policy(_LIMITER, item) for item in by_window.values())
        self._counts = counts
        self._meter = RateLimitMeter(_LIMITER, tiers=(_TIER,), telemetry=telemetry)
        self._refusals = Refusals()
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._in_flight: Counter[str] = Counter()

    @asynccontextmanager
    async def attempt(self, request: Request) -> AsyncIterator[None]:
        """Let the key that the request carries be checked in the block, or refuse it; count it if the block does.

        Raises:
            ServiceError: 429, and the block is not entered.
        """
        text = request.headers.get("authorization")
        if text is None or not self._policies:
            yield
            return
        digest = hashlib.sha256(text.encode()).digest()
        address = address_id(request)
        if not self._is_known(digest) and not is_local(request):
            await self._admit(address, waited_by(request))
        self._in_flight[address] += 1
        try:
            yield
        except ServiceError as error:
            if error.code in _WRONG:
                self._known.pop(digest, None)  # was revoked, or has expired
                await self._counts.take(self._policies, address, waited_by(request))
            raise
        finally:
            self._in_flight[address] -= 1
            if not self._in_flight[address]:
                del self._in_flight[address]
        self._learn(digest)

    async def _admit(self, address: str, waited: Waited) -> None:
        with self._meter.check():
            standing = await self._counts.look(self._policies, address, waited)
        left = min(left.remaining for left in standing.left) - self._in_flight[address]
        if standing.refused_by is None and left > 0:
            self._meter.allowed(_TIER)
            return
        self._meter.limited(_TIER)
        self._refusals.note(address, _TIER, standing)
        wait = standing.retry_after if standing.refused_by is not None else 1
        raise ServiceError(
            Code.TOO_MANY_FAILURES,
            f"Too many keys from this address were wrong. Try again in {wait} s.",
            context={"retry_after_seconds": wait},
            headers={"Retry-After": str(wait)},
        )

    def _is_known(self, digest: bytes) -> bool:
        until = self._known.get(digest)
        if until is None or time.monotonic() < until:
            return until is not None
        del self._known[digest]
        return False

    def _learn(self, digest: bytes) -> None:
        self._known.setdefault(digest, time.monotonic() + _KNOWN_SECONDS)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
