"""Series of the ledger: who and what today's and this month's money went to."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from app.database.engine import Database
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.rows import write
from app.ledger.series import LedgerSeries
from app.ledger.spending import OTHER, top
from app.ledger.timeline import NANO, Kind
from app.services import Services
from app.settings import Settings
from telemetry.gpu import Device

CARD = Device("gpu", "NVIDIA L4", "GPU-1")
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def book(database: Database, customer: str | None, usd: float | None, **more: object) -> None:
    """Book an hour of a device at midnight, unless more is said."""
    facts = {"kind": "job" if customer else "idle", "model": "portrait-1", "at": TODAY, "joules": None} | more
    held = Held(f"job-{customer}", 1, customer, "generate", str(facts["model"])) if customer else None
    number = database.read(lambda connection: connection.scalar(text("SELECT count(*) FROM ledger")))
    kind: Kind = facts["kind"]
    cost = None if usd is None else round(usd * NANO)
    at, joules = facts["at"], facts["joules"]
    entry = Entry(f"row:{number}", kind, held, at, at, 3600 * NANO, cost, joules, joules and "counter")
    database.write(write, "w1", CARD, BookedPrice(None if usd is None else 1, "test"), [entry])


@pytest.fixture
def two(settings: Settings) -> Settings:
    """Settings with room for two names, and with figures of energy."""
    more = {"cost_top": 2, "energy_usd_per_kwh": Decimal("0.5"), "energy_gco2_per_kwh": Decimal(400)}
    return settings.model_copy(update=more)


@pytest.fixture
def series(services: Services, two: Settings) -> LedgerSeries:
    return LedgerSeries(services.database, two)


class Shown:
    """What a scrape shows."""

    def __init__(self, series: LedgerSeries) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(series)

    def by(self, name: str, label: str, period: str = "day") -> dict[str, float]:
        return {
            sample.labels[label]: sample.value
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name == name and sample.labels["period"] == period
        }

    def value(self, name: str, period: str = "day") -> float | None:
        return self._registry.get_sample_value(name, {"period": period})


async def test_customers_who_spent_most_are_named_and_the_rest_is_other(
    series: LedgerSeries, database: Database
) -> None:
    for number, customer in enumerate("abcde", 1):
        await asyncio.to_thread(book, database, customer, number)
    await asyncio.to_thread(book, database, None, 100)
    await series.refresh()
    assert Shown(series).by("cost_customer_period_usd", "customer") == {"e": 5, "d": 4, OTHER: 6}
    assert Shown(series).by("cost_model_period_usd", "model") == {"portrait-1": 15}
    assert Shown(series).by("paid_kind_period_usd", "kind") == {"job": 15, "idle": 100}


async def test_month_has_what_today_has_not(series: LedgerSeries, database: Database) -> None:
    first = TODAY.replace(day=1)
    await asyncio.to_thread(book, database, "a", 2, at=first)
    await asyncio.to_thread(book, database, "a", 8, at=first - timedelta(minutes=1))
    await asyncio.to_thread(book, database, "a", 1)
    await series.refresh()
    assert Shown(series).by("cost_customer_period_usd", "customer", "month") == {"a": 3}
    assert Shown(series).by("cost_customer_period_usd", "customer") == {"a": 1 if TODAY.day > 1 else 3}


async def test_cost_of_a_day_is_what_runs_cost_since_midnight_and_paid_is_all(
    series: LedgerSeries, database: Database
) -> None:
    await asyncio.to_thread(book, database, "a", 4, at=TODAY - timedelta(minutes=1))
    await asyncio.to_thread(book, database, "a", 2, kind="retry")
    await asyncio.to_thread(book, database, None, 1)
    await series.refresh()
    shown = Shown(series)
    assert (shown.value("cost_period_usd"), shown.value("paid_period_usd")) == (2, 3)
    assert (shown.value("cost_period_usd", "month"), shown.value("paid_period_usd", "month")) == (
        (6, 7) if TODAY.day > 1 else (2, 3)
    )


async def test_unknown_price_is_unknown_time_and_no_customer_of_nothing(
    series: LedgerSeries, database: Database
) -> None:
    await asyncio.to_thread(book, database, "a", None)
    await asyncio.to_thread(book, database, "b", 1)
    await series.refresh()
    assert Shown(series).by("cost_customer_period_usd", "customer") == {"b": 1}
    assert Shown(series).value("unpriced_period_seconds") == 3600


async def test_energy_has_its_source_its_cost_and_its_carbon(series: LedgerSeries, database: Database) -> None:
    await asyncio.to_thread(book, database, "a", 1, joules=7_200_000.0)
    await asyncio.to_thread(book, database, "b", 1)
    await series.refresh()
    shown = Shown(series)
    assert shown.by("energy_period_joules", "source") == {"counter": 7_200_000}
    assert shown.by("energy_customer_period_joules", "customer") == {"a": 7_200_000}
    assert (shown.value("energy_cost_period_usd"), shown.value("energy_co2_period_grams")) == (1, 800)


async def test_energy_that_no_device_tells_costs_nothing_that_is_shown(
    series: LedgerSeries, database: Database
) -> None:
    await asyncio.to_thread(book, database, "a", 1)
    await series.refresh()
    shown = Shown(series)
    assert shown.by("energy_period_joules", "source") == {}
    assert (shown.value("energy_cost_period_usd"), shown.value("energy_co2_period_grams")) == (None, None)


async def test_series_vanish_when_the_database_fails_and_when_they_are_old(
    services: Services, settings: Settings, database: Database
) -> None:
    now = [0.0]
    series = LedgerSeries(services.database, settings, clock=lambda: now[0])
    await series.refresh()
    assert Shown(series).value("unpriced_period_seconds") == 0
    now[0] += 61
    assert Shown(series).value("unpriced_period_seconds") is None
    await series.refresh()
    assert Shown(series).value("unpriced_period_seconds") == 0
    await asyncio.to_thread(database.write, lambda each: each.execute(text("ALTER TABLE ledger RENAME TO gone")))
    with pytest.raises(Exception, match="no such table"):
        await series.refresh()
    assert Shown(series).value("unpriced_period_seconds") is None


class SlowLedger:
    """A database whose ledger takes three seconds to sum."""

    def __init__(self, now: list[float]) -> None:
        self.now = now
        self.reads = 0

    async def read(self, *_: object) -> dict[str, object]:
        self.reads += 1
        self.now[0] += 3
        return {}


async def test_ledger_that_takes_long_is_summed_seldom(settings: Settings) -> None:
    now = [0.0]
    database = SlowLedger(now)
    series = LedgerSeries(database, settings, clock=lambda: now[0])  # type: ignore[arg-type]
    for _ in range(20):
        await series.refresh()
        now[0] += 5
    assert database.reads == 2


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 1000), max_size=12), st.integers(1, 12))
def test_top_adds_up_to_the_whole_and_leaves_out_none_that_is_larger(sums: dict[str, int], most: int) -> None:
    kept = top({name: float(amount) for name, amount in sums.items()}, most)
    assert sum(kept.values()) == sum(sums.values())
    assert len(kept) <= most + 1
    named = [amount for name, amount in kept.items() if name != OTHER]
    assert all(amount <= min(named, default=0) for name, amount in sums.items() if name not in kept)
