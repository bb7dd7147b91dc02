"""The ledger's table: rows are written whole, as often as one likes, and summed by who, what and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.database.tables import ledger
from app.ledger.entry import BookedPrice, Entry, quarter

if TYPE_CHECKING:
    from telemetry.gpu import Device

Group = Literal["kind", "customer", "key_id", "tier", "operation", "model", "device", "device_name", "quarter"]

#: The source of joules that are estimated, as the card has no counter of energy.
_ESTIMATED: Final = "power"
_MOMENT: Final = timedelta(microseconds=1)
_WRITTEN_AGAIN: Final = ("kind", "ended_at", "nanoseconds", "cost_nanousd", "joules", "joules_source")


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over rows of the ledger.

    Attributes:
        group: what the rows have in common, in the order that was asked for.
        nanoseconds: time held.
        nanousd: cost of the rows whose price is known.
        unpriced_nanoseconds: time whose cost is not known, so that a sum never passes for the whole.
        joules: energy of the rows that know it; `joules_estimated` of it are from samples of power.
        jobs: how many jobs the rows belong to.
    """

    group: tuple[Any, ...]
    nanoseconds: int
    nanousd: int
    unpriced_nanoseconds: int
    joules: float | None
    joules_estimated: float | None
    jobs: int


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy that a job's runs used, as far as it is known; `estimated` joules of it are from samples of power."""

    joules: float
    estimated: float


def write(connection: Connection, worker_id: str, device: Device, price: BookedPrice, entries: Sequence[Entry]) -> None:
    """Write rows of a worker's book; one that is there already gets the amounts that stand in it now."""
    if not entries:
        return
    same = {
        "worker_id": worker_id,
        "device": device.kind,
        "device_name": device.name[:100],
        "gpu_uuid": device.uuid,
        "price_nanousd": price.nanousd,
        "price_source": price.source,
    }
    insert = postgresql.insert(ledger) if connection.dialect.name == "postgresql" else sqlite.insert(ledger)
    changed = {name: insert.excluded[name] for name in _WRITTEN_AGAIN}
    connection.execute(
        insert.on_conflict_do_update(index_elements=[ledger.c.id], set_=changed),
        [same | entry.values() for entry in entries],
    )


def between(since: datetime, until: datetime) -> ColumnElement[bool]:
    """Return what rows of the quarter hours from that of `since` to that before `until` have in common."""
    # Counted back in UTC: a local time that is counted back forgets which of two equal hours it stands in.
    last = quarter(until.astimezone(UTC) - _MOMENT)
    return (ledger.c.quarter >= quarter(since)) & (ledger.c.quarter <= last)


def totals(
    connection: Connection,
    since: datetime,
    until: datetime,
    by: Sequence[Group],
    *,
    customer: str | None = None,
) -> list[Total]:
    """Return sums over the quarter hours from that of `since` to that before `until`, one for each group there is.

    A quarter hour that one of the moments lies in counts whole. With `customer` only its own rows count.
    """
    columns = [ledger.c[name] for name in by]
    unpriced = func.sum(ledger.c.nanoseconds).filter(ledger.c.cost_nanousd.is_(None))
    query = (
        select(
            *columns,
            func.sum(ledger.c.nanoseconds),
            func.sum(ledger.c.cost_nanousd),
            unpriced,
            func.sum(ledger.c.joules),
            func.sum(ledger.c.joules).filter(ledger.c.joules_source == _ESTIMATED),
            func.count(ledger.c.job_id.distinct()),
        )
        .where(between(since, until))
        .group_by(*columns)
        .order_by(*columns)
    )
    if customer is not None:
        query = query.where(ledger.c.customer == customer)
    found = (tuple(row) for row in connection.execute(query))
    # Without a group there is one row, of nothing, also where no row matches.
    return [_total(row, len(columns)) for row in found if row[len(columns)] is not None]


def _total(row: tuple[Any, ...], groups: int) -> Total:
    nanoseconds, nanousd, unpriced, joules, estimated, jobs = row[groups:]
    if joules is not None:
        estimated = estimated or 0.0
    return Total(row[:groups], int(nanoseconds), int(nanousd or 0), int(unpriced or 0), joules, estimated, jobs)


def energy_of(connection: Connection, job_id: str) -> Energy | None:
    """Return the energy of the runs of a job that have ended, None where no run's is known."""
    joules = func.sum(ledger.c.joules)
    sums = select(joules, joules.filter(ledger.c.joules_source == _ESTIMATED)).where(ledger.c.job_id == job_id)
    known, estimated = connection.execute(sums).one()
    return None if known is None else Energy(known, estimated or 0.0)
