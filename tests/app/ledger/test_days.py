"""The line of a day: when it comes, that it comes once, and what it says."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from app.database.engine import Database, open_async_database
from app.database.tables import day_summary, job
from app.ledger.days import DaySummaries
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.rows import write
from app.ledger.timeline import NANO, Kind
from app.settings import Settings
from telemetry import Telemetry
from telemetry.gpu import Device

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CARD = Device("gpu", "NVIDIA L4", "GPU-1")


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=AMSTERDAM).astimezone(UTC)  # type: ignore[misc, arg-type]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"timezone": "Europe/Amsterdam"})


class Clock:
    def __init__(self) -> None:
        self.moment = local(2026, 10, 24, 12)


def book(database: Database, at: datetime, seconds: float, customer: str | None = "acme", **more: Any) -> None:
    kind: Kind = more.get("kind", "job" if customer else "idle")
    held = Held(f"{customer}-{at.timestamp()}", 1, customer, "generate", "tiny-1") if customer else None
    price = more.get("price", NANO)
    nanoseconds = round(seconds * NANO)
    cost = None if price is None else price * nanoseconds // NANO
    entry = Entry(
        f"{customer}:{kind}:{at}", kind, held, at, at, nanoseconds, cost, more.get("joules"), more.get("source")
    )
    database.write(write, "w1", CARD, BookedPrice(price, "test"), [entry])


def finish(database: Database, at: datetime, state: str) -> None:
    facts = {"id": f"{at.timestamp():.0f}{state}", "operation": "generate", "customer": "acme", "tier": "standard"}
    moments = dict.fromkeys(("created_at", "queued_at", "finished_at"), at)
    database.write(
        lambda connection: connection.execute(insert(job).values(**facts, **moments, state=state, prompt="x"))
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Log:
    """The lines that were written since the last look."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def days(self) -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in self._capsys.readouterr().out.splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == "day.summary"]


@pytest.fixture
def log(telemetry: Telemetry, capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


async def looks(settings: Settings, clock: Clock, nodes: int = 1, times: int = 1) -> None:
    """Let fresh nodes look at once, as after a restart of all."""
    async with open_async_database(settings.database) as database:
        fresh = [DaySummaries(database, settings, lambda _: clock.moment) for _ in range(nodes)]
        for _ in range(times):
            await asyncio.gather(*(node.look() for node in fresh))


async def test_day_is_told_once_by_one_of_many_nodes_also_after_restarts(
    settings: Settings, database: Database, clock: Clock, log: Log
) -> None:
    book(database, local(2026, 10, 24, 12), 5)
    for moment in (local(2026, 10, 24, 23, 59), local(2026, 10, 25, 0, 0)):  # not over, and not settled
        clock.moment = moment
        await looks(settings, clock, nodes=3)
    assert log.days() == []
    clock.moment = local(2026, 10, 25, 0, 1)
    await looks(settings, clock, nodes=4, times=2)
    clock.moment += timedelta(hours=3)
    await looks(settings, clock, nodes=2)
    assert [(line["date"], line["time_zone"]) for line in log.days()] == [("2026-10-24", "Europe/Amsterdam")]


@pytest.mark.parametrize(
    ("first", "date", "hours"),
    [
        (datetime(2026, 10, 25, tzinfo=AMSTERDAM), "2026-10-25", 25),
        (datetime(2026, 3, 29, tzinfo=AMSTERDAM), "2026-03-29", 23),
        (datetime(2026, 12, 31, tzinfo=AMSTERDAM), "2026-12-31", 24),
    ],
    ids=["clocks back", "clocks on", "end of the year"],
)
async def test_day_has_the_hours_that_clocks_give_it(
    settings: Settings, database: Database, clock: Clock, log: Log, first: datetime, date: str, hours: int
) -> None:
    """A second is booked in each quarter hour, from two hours before the day to two hours after it."""
    began = first.astimezone(UTC)
    for number in range(-8, (hours + 2) * 4):
        book(database, began + timedelta(minutes=15 * number), 1)
    clock.moment = began + timedelta(hours=hours, minutes=2)
    await looks(settings, clock)
    (line,) = log.days()
    assert (line["date"], line["device_seconds"], line["cost_usd"]) == (date, hours * 4, hours * 4)


async def test_of_days_that_ended_while_all_was_down_the_last_is_told(
    settings: Settings, database: Database, clock: Clock, log: Log
) -> None:
    book(database, local(2026, 10, 20, 12), 5)
    clock.moment = local(2026, 10, 21, 8)
    await looks(settings, clock)
    clock.moment = local(2026, 10, 24, 8)
    await looks(settings, clock)
    assert [(line["date"], line["cost_usd"]) for line in log.days()] == [("2026-10-20", 5), ("2026-10-23", 0)]


async def test_fresh_installation_has_no_day_to_tell_of(
    settings: Settings, database: Database, clock: Clock, log: Log
) -> None:
    await looks(settings, clock)
    book(database, clock.moment, 5)
    await looks(settings, clock)
    assert log.days() == []
    assert database.read(lambda connection: connection.execute(day_summary.select()).all()) == []


async def test_line_says_what_the_day_was(settings: Settings, database: Database, clock: Clock, log: Log) -> None:
    noon = clock.moment
    book(database, noon, 4, "acme", joules=7_200_000, source="counter")
    book(database, noon, 2, "beta", kind="failed", joules=3_600_000, source="power")
    book(database, noon, 1, "gamma", price=None)
    book(database, noon, 10, None)
    for number in range(9):
        book(database, noon, 0.1, f"small-{number}")
    for state, at in (("succeeded", noon), ("succeeded", noon + timedelta(hours=1)), ("cancelled", noon)):
        finish(database, at, state)
    finish(database, noon + timedelta(days=1), "failed")
    clock.moment = local(2026, 10, 25, 1)
    more = {"budget_day_usd": Decimal(10), "energy_usd_per_kwh": Decimal("0.25"), "energy_gco2_per_kwh": Decimal(400)}
    await looks(settings.model_copy(update=more), clock)
    (line,) = log.days()
    assert line["jobs"] == {"succeeded": 2, "cancelled": 1, "failed": 0}
    assert (line["cost_usd"], line["paid_usd"]) == (6.9, 16.9)
    assert line["paid_usd_by_kind"] == {"job": 4.9, "failed": 2, "idle": 10}
    assert (line["device_seconds"], line["unpriced_device_seconds"]) == (17.9, 1)
    assert line["top_customers"][:2] == [{"customer": "acme", "cost_usd": 4}, {"customer": "beta", "cost_usd": 2}]
    assert line["top_customers"][-1] == {"customer": "other", "cost_usd": 0.6}
    assert (line["budget_usd"], line["budget_used_ratio"]) == (10, 0.69)
    assert (line["joules"], line["joules_estimated"]) == (10_800_000, 3_600_000)
    assert (line["energy_cost_usd"], line["co2_grams"]) == (0.75, 1200)


async def test_day_is_told_later_when_the_database_fails(
    settings: Settings, database: Database, clock: Clock, log: Log
) -> None:
    book(database, clock.moment, 5)
    clock.moment += timedelta(days=1)

    def rename(old: str, new: str) -> None:
        database.write(lambda connection: connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}"))

    rename("job", "gone")
    with pytest.raises(Exception, match="no such table"):
        await looks(settings, clock)
    assert log.days() == []
    rename("gone", "job")
    await looks(settings, clock)
    assert [line["date"] for line in log.days()] == ["2026-10-24"]
