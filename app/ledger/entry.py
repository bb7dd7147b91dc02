"""One row of the ledger, and what it is priced by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.jobs.job import nanousd
from app.ledger.timeline import Kind
from telemetry.prices import Price

#: Every offset from UTC in use is a multiple of it, so no row crosses an hour or a day of any time zone.
QUARTER: Final = timedelta(minutes=15)


def quarter(moment: datetime) -> int:
    """Return the number of the quarter hour of a moment, counted from 1970 in UTC."""
    return int(moment.timestamp() // QUARTER.total_seconds())


@dataclass(frozen=True, slots=True)
class BookedPrice:
    """What a second of a device is booked at.

    Attributes:
        nanousd: billionths of a dollar a second, None where it is not known.
        source: where the price is from, as a reader of the ledger needs to know it.
    """

    nanousd: int | None
    source: str

    @classmethod
    def of(cls, found: Price) -> BookedPrice:
        """Return a price that telemetry knows, or does not know, as rows have it."""
        return cls(None if found.usd_per_second is None else nanousd(found.usd_per_second), found.source[:100])


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a device: one run of one job."""

    job_id: str
    attempt: int
    customer: str
    operation: str
    model: str
    key_id: str | None = None
    tier: str | None = None


@dataclass(slots=True)
class Entry:
    """A stretch of time of one device that went to one run, to idleness or to overhead; shorter than a quarter hour.

    Attributes:
        id: the same on every write of this row, so that a write that is repeated changes nothing.
        held: the run, None for idle and overhead.
        started_at: wall clock; rows are put into hours, days and months by it.
        ended_at: wall clock of the last write.
        nanoseconds: time by the monotonic clock; less than between the moments where runs shared the device.
        nanousd: cost, None where the price is not known.
        joules: energy, None where it is not known; `joules_source` is counter, or power where it is estimated.
    """

    id: str
    kind: Kind
    held: Held | None
    started_at: datetime
    ended_at: datetime
    nanoseconds: int = 0
    nanousd: int | None = 0
    joules: float | None = None
    joules_source: str | None = None

    def values(self) -> dict[str, Any]:
        """Return the columns that tell about the holder and the amounts."""
        held = self.held
        return {
            "id": self.id,
            "kind": self.kind,
            "job_id": held and held.job_id,
            "attempt": held and held.attempt,
            "customer": held and held.customer,
            "operation": held and held.operation,
            "model": held and held.model,
            "key_id": held and held.key_id,
            "tier": held and held.tier,
            "quarter": quarter(self.started_at),
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "nanoseconds": self.nanoseconds,
            "cost_nanousd": self.nanousd,
            "joules": self.joules,
            "joules_source": self.joules_source,
        }
