"""What a stretch of time cost, by kind, customer and model, with the energy of its work: sums over the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from app.database.tables import ledger
from app.ledger.rows import between
from app.ledger.timeline import NANO

OTHER: Final = "other"


def _sums() -> defaultdict[str, float]:
    return defaultdict(float)


@dataclass(slots=True)
class Spending:
    """Sums of a stretch of time. What has no price is in no sum of USD: a name none of whose time has one is left out.

    Attributes:
        kinds: USD by kind, idle and overhead included.
        customers, models: USD of their jobs.
        seconds: time that devices were held, by kind.
        unpriced_seconds: time of it whose cost is not known.
        joules: energy of work by what it is from: counter, power, unknown.
        joules_of: energy of the work of each customer.
    """

    kinds: defaultdict[str, float] = field(default_factory=_sums)
    customers: defaultdict[str, float] = field(default_factory=_sums)
    models: defaultdict[str, float] = field(default_factory=_sums)
    seconds: defaultdict[str, float] = field(default_factory=_sums)
    unpriced_seconds: float = 0.0
    joules: defaultdict[str, float] = field(default_factory=_sums)
    joules_of: defaultdict[str, float] = field(default_factory=_sums)

    @property
    def of_jobs(self) -> float:
        """USD of jobs, whatever became of them."""
        return sum(self.customers.values())

    @property
    def paid(self) -> float:
        """USD of all the time that devices were held."""
        return sum(self.kinds.values())


def spent(connection: Connection, since: datetime, until: datetime) -> Spending:
    """Return the sums of the quarter hours from that of `since` to that before `until`."""
    groups = (ledger.c.kind, ledger.c.customer, ledger.c.model, ledger.c.joules_source)
    unpriced = func.sum(ledger.c.nanoseconds).filter(ledger.c.cost_nanousd.is_(None))
    sums = (func.sum(ledger.c.nanoseconds), func.sum(ledger.c.cost_nanousd), unpriced, func.sum(ledger.c.joules))
    found = Spending()
    for row in connection.execute(select(*groups, *sums).where(between(since, until)).group_by(*groups)):
        kind, customer, model, source, nanoseconds, nanousd, without_price, joules = row
        found.seconds[kind] += float(nanoseconds) / NANO
        found.unpriced_seconds += float(without_price or 0) / NANO
        if nanousd is not None:
            found.kinds[kind] += float(nanousd) / NANO
            if customer is not None:
                found.customers[customer] += float(nanousd) / NANO
                found.models[model or "unknown"] += float(nanousd) / NANO
        if joules is not None:
            found.joules[source or "unknown"] += joules
            found.joules_of[customer or OTHER] += joules
    return found


def top(sums: Mapping[str, float], most: int) -> dict[str, float]:
    """Return the largest `most` of the sums, the largest first, and what the others add up to as `other`."""
    largest_first = sorted(sums.items(), key=lambda entry: (-entry[1], entry[0]))
    kept = dict(largest_first[:most])
    if len(largest_first) > most:
        kept[OTHER] = kept.get(OTHER, 0.0) + sum(amount for _, amount in largest_first[most:])
    return kept
