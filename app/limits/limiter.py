"""Decides whether a request may go on, by the table in force, and tells what it decided.

Series: `rate_limit_*{limiter="requests"}` by `telemetry.meters.RateLimitMeter`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

from limits import RateLimitItem, parse

from app.breakers import Breaker
from app.limits.counts import Counts
from app.limits.refusals import Refusals
from app.limits.standing import Policy, Standing
from app.limits.table import TIERS, EndpointClass, Table, Tier
from app.limits.waited import Waited
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.meters import RateLimitMeter

if TYPE_CHECKING:
    from telemetry import Telemetry

TOTAL: Final = "total"
_LIMITER: Final = "requests"
#: Tiers without limits by class but for these.
_BESIDE_FACTORS: Final[tuple[tuple[Tier, EndpointClass], ...]] = (
    ("admin", "admin"),
    ("anonymous", "health"),
    ("anonymous", "result"),
)
_log = get_logger(__name__)
_parsed = cache(parse)


class Limiter:
    """Counts requests by caller, class of endpoint and tier; lives as long as the app."""

    def __init__(self, table: Table, counts: Counts, *, telemetry: Telemetry | None = None) -> None:
        self._counts = counts
        self._meter = RateLimitMeter(_LIMITER, tiers=TIERS, telemetry=telemetry)
        self._refusals = Refusals()
        self._is_alone = False
        self._totals = {tier: None if text is None else parse(text) for tier, text in table.tiers.items()}
        self._classes = {
            (tier, kind): _scaled(parse(text), table.factors.get(tier, 1.0))
            for tier, kind in (*product(table.factors, table.classes), *_BESIDE_FACTORS)
            if (text := table.classes[kind]) is not None
        }

    def policies(self, tier: Tier, kind: EndpointClass | None, own: str | None = None) -> tuple[Policy, ...]:
        """Return the limits of a request, the narrowest first: the class's, then the key's own or its tier's total."""
        total = self._totals[tier] if own is None else _parsed(own)
        narrow = None if kind is None else self._classes.get((tier, kind))
        if kind == "health":
            total = None  # probes must not use up what a caller behind the same address has
        found = ((str(kind), narrow), (TOTAL, total))
        return tuple(Policy(name, item) for name, item in found if item is not None)

    async def check(
        self, caller: str, tier: Tier, policies: Sequence[Policy], waited: Waited | None = None
    ) -> Standing | None:
        """Count a request and tell how its caller stands, None where nothing limits it."""
        if not policies:
            self._meter.allowed(tier)
            return None
        with self._meter.check():
            standing = await self._counts.take(policies, caller, waited)
        if standing.refused_by is None:
            self._meter.allowed(tier)
        else:
            self._meter.limited(tier)
            self._refusals.note(caller, tier, standing)
        return standing

    def follow(self, breaker: Breaker) -> None:
        """Tell whenever counts are no longer, or again, those of all nodes."""
        breaker.watch(lambda state: self._alone(away=state != "closed"))

    def _alone(self, *, away: bool) -> None:
        self._meter.degraded(now=away)
        if away and not self._is_alone:
            _log.warning(Event.RATE_LIMIT_ALONE, detail="Redis is away: each process counts for itself")
        elif not away:
            _log.info(Event.RATE_LIMIT_SHARED, detail="counts are those of all nodes again")
        self._is_alone = away


def _scaled(item: RateLimitItem, factor: float) -> RateLimitItem:
    return type(item)(max(1, math.floor(item.amount * factor)), item.multiples)
