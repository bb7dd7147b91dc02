"""Two hours of three devices with kills: what a watch beside them shows was paid is what the ledger has.

The clocks are turned by hand; all else is what runs: books, keepers, the database's file, the sums of `GET /usage`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry

from app.database.engine import Database, open_database
from app.database.migrate import migrate
from app.ledger.entry import BookedPrice
from app.ledger.rows import Total
from app.ledger.timeline import NANO
from app.ledger.usage import By, Per, read
from app.settings import Settings
from telemetry import Telemetry, TelemetrySettings, start
from telemetry.gpu import Device
from tests.app.ledger.machine import CUSTOMERS, FLUSH_NS, TICK, Machine
from tests.app.ledger.test_book import Clocks

pytestmark = pytest.mark.slow

#: There clocks go back at one in the morning of the first of November: a midnight that comes twice, at a month's end.
HAVANA = ZoneInfo("America/Havana")
BEGAN = datetime(2026, 10, 31, 23, 30, tzinfo=HAVANA).astimezone(UTC)
TWO_HOURS = 7200
PRICES = {"NVIDIA L4": 190_000, "NVIDIA H100": 1_160_000, "NVIDIA B300": None}
BUSY = {"job", "retry", "cancelled", "failed"}
#: A write is due each second, and was late by a tick at most.
MOST_LOST = FLUSH_NS + TICK
#: What passes after the last look of a quarter hour stands in the next one.
LATE = 2 * MOST_LOST


class Run:
    """Three devices; the last has no price, and somebody sets the clock of the second."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self.telemetry = telemetry
        self.machines = [
            Machine(
                Device("gpu", name, f"GPU-{seed}"), BookedPrice(price, "test"), Clocks(BEGAN), seed, database, telemetry
            )
            for seed, (name, price) in enumerate(PRICES.items())
        ]
        for second in range(1, TWO_HOURS + 1):
            for machine in self.machines:
                machine.until(second * NANO)
            if second % 600 == 0:
                self.machines[1].clocks.wall += timedelta(seconds=(second // 600 - 6) * 7)
        for machine in self.machines:
            machine.turn_off()

    def usage(self, *by: By, per: Per | None = None) -> list[tuple[datetime, Total]]:
        """Return what `GET /usage` sums, of a time that has room for clocks that were set."""
        since, until = BEGAN - timedelta(minutes=15), BEGAN + timedelta(hours=2, minutes=15)
        return [(row.start, row.total) for row in self._database.read(read, since, until, per, by, HAVANA)]

    def booked(self, machine: Machine) -> dict[str, Total]:
        """Return the sums of one device by kind."""
        found = (total for _, total in self.usage("device_name", "kind"))
        return {total.group[1]: total for total in found if total.group[0] == machine.device.name}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    settings = Settings(home=tmp_path_factory.mktemp("two-hours"))
    migrate(settings)
    configured = TelemetrySettings(gpu="off", service_name="test")
    with open_database(settings.database) as database, start(configured, registry=CollectorRegistry()) as telemetry:
        yield Run(database, telemetry)


def test_sum_of_all_kinds_is_seconds_times_price_within_a_thousandth(run: Run) -> None:
    paid = lived = 0.0
    for machine in run.machines[:2]:
        booked = run.booked(machine)
        assert booked.keys() == BUSY | {"idle", "overhead"}
        paid += sum(total.nanousd for total in booked.values())
        lived += sum(life.ended - life.began for life in machine.lives) / NANO * PRICES[machine.device.name]
    assert sum(life.was_killed for machine in run.machines for life in machine.lives) >= 10
    assert 0 <= 1 - paid / lived < 0.001


@pytest.mark.parametrize("number", range(len(PRICES)), ids=list(PRICES))
def test_each_device_lacks_what_its_kills_took_and_nothing_else(run: Run, number: int) -> None:
    machine = run.machines[number]
    booked = run.booked(machine).values()
    nanoseconds = sum(total.nanoseconds for total in booked)
    assert nanoseconds == sum(life.written - life.began for life in machine.lives)
    for life in machine.lives:
        assert 0 <= life.ended - life.written <= (MOST_LOST if life.was_killed else 0)
    price = PRICES[machine.device.name]
    if price is None:
        assert {(total.nanousd, total.unpriced_nanoseconds == total.nanoseconds) for total in booked} == {(0, True)}
        return
    owed = sum(price * (life.written - life.began) // NANO for life in machine.lives)
    assert sum(total.nanousd for total in booked) == owed


@pytest.mark.parametrize("number", range(len(PRICES)), ids=list(PRICES))
def test_jobs_that_shared_a_device_pay_its_busy_time_once(run: Run, number: int) -> None:
    machine = run.machines[number]
    busy = sum(total.nanoseconds for kind, total in run.booked(machine).items() if kind in BUSY)
    assert busy == sum(life.busy() for life in machine.lives)
    assert busy < sum(end - start for life in machine.lives for start, end in life.held)


@pytest.mark.parametrize("kind", ["idle", "overhead"])
def test_counter_of_time_that_nobody_held_is_what_the_ledger_has(run: Run, kind: str) -> None:
    (total,) = (total for _, total in run.usage("kind") if total.group[0] == kind)
    counted = run.telemetry.registry.get_sample_value("cost_usd_total", {"kind": kind})
    assert counted == pytest.approx(total.nanousd / NANO, rel=1e-9)


def test_customers_pay_for_what_is_neither_idle_nor_overhead(run: Run) -> None:
    by_customer = {total.group[0]: total for _, total in run.usage("customer")}
    busy = [total for _, total in run.usage("kind") if total.group[0] in BUSY]
    assert by_customer.keys() == {None, *CUSTOMERS}
    of_customers = [total for customer, total in by_customer.items() if customer is not None]
    assert sum(total.nanousd for total in of_customers) == sum(total.nanousd for total in busy)
    assert sum(total.nanoseconds for total in of_customers) == sum(total.nanoseconds for total in busy)


@pytest.mark.parametrize(
    ("per", "stretches"),
    [
        ("month", {"2026-10": 30, "2026-11": 90}),
        ("day", {"2026-10-31": 30, "2026-11-01": 90}),
        ("hour", {"2026-10-31T23-0400": 30, "2026-11-01T00-0400": 60, "2026-11-01T00-0500": 30}),
    ],
)
def test_each_calendar_stretch_has_what_was_paid_in_it(run: Run, per: Per, stretches: dict[str, int]) -> None:
    """The midnight that comes twice begins one day, and its hour is two; the device whose clock was set is left out."""
    machine = run.machines[0]
    booked = [(first, total) for first, total in run.usage("device_name", per=per) if total.group[0] == "NVIDIA L4"]
    at = 0
    for (name, minutes), (first, total) in zip(stretches.items(), booked, strict=True):
        until = at + minutes * 60 * NANO
        lived = sum(max(0, min(life.written, until) - max(life.began, at)) for life in machine.lives)
        assert total.nanoseconds == pytest.approx(lived, abs=LATE)
        assert f"{first:%Y-%m-%dT%H%z}".startswith(name)
        at = until
