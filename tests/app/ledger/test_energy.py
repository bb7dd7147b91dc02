"""Energy of jobs: in the ledger with where it is from, and what it costs and emits where that is set."""

from decimal import Decimal

from app.clock import utc_now
from app.database.engine import Database
from app.ledger.energy import Tariff
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.rows import Energy, energy_of, write
from app.ledger.timeline import NANO
from telemetry.gpu import Device

CARD = Device("gpu", "NVIDIA L4", "GPU-1")
KWH = 3_600_000


def book(database: Database, job_id: str, number: int, joules: float | None, source: str | None) -> None:
    held = Held(job_id, number, "acme", "generate", "tiny-1")
    entry = Entry(f"{job_id}:{number}", "job", held, utc_now(), utc_now(), NANO, 190_000, joules, source)
    database.write(write, "w1", CARD, BookedPrice(190_000, "test"), [entry])


def test_nothing_says_what_energy_costs_unless_it_is_set() -> None:
    assert Tariff().figures(KWH) == {}
    assert Tariff(usd_per_kwh=Decimal("0.25")).figures(2 * KWH) == {"energy_cost_usd": 0.5}
    assert Tariff(grams_per_kwh=Decimal(380)).figures(KWH / 2) == {"co2_grams": 190}


def test_energy_that_is_not_known_costs_what_is_not_known() -> None:
    assert Tariff(Decimal(1), Decimal(1)).figures(None) == {"energy_cost_usd": None, "co2_grams": None}


def test_energy_of_a_job_is_that_of_its_runs(database: Database) -> None:
    assert database.read(energy_of, "a") is None
    book(database, "a", 1, 100.5, "counter")
    book(database, "a", 2, None, None)
    assert database.read(energy_of, "a") == Energy(100.5, 0)
    book(database, "a", 3, 50, "power")
    assert database.read(energy_of, "a") == Energy(150.5, 50)
