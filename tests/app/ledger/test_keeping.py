"""Rows reach the database every second, at the end, and after a time in which they could not."""

from sqlalchemy import text

from app.database.engine import Database
from app.ledger.book import Book
from app.ledger.entry import BookedPrice, Held
from app.ledger.keeping import Keeper, keeping
from app.ledger.timeline import NANO
from telemetry import Telemetry
from telemetry.gpu import Device
from tests.app.ledger.test_book import Clocks, paid

CARD = Device("gpu", "NVIDIA L4", "GPU-1")


def keeper_of(database: Database, telemetry: Telemetry, clocks: Clocks) -> Keeper:
    book = Book(CARD, BookedPrice(190_000, "test"), monotonic=lambda: clocks.nanoseconds, wall=lambda: clocks.wall)
    return Keeper(database, "worker-1", book, telemetry)


def cost(telemetry: Telemetry, kind: str) -> float:
    return telemetry.registry.get_sample_value("cost_usd_total", {"kind": kind}) or 0.0


def test_rows_wait_for_a_database_that_fails(database: Database, telemetry: Telemetry) -> None:
    clocks = Clocks()
    keeper = keeper_of(database, telemetry, clocks)
    database.write(lambda connection: connection.execute(text("ALTER TABLE ledger RENAME TO gone")))
    keeper.book.begin(Held("job", 1, "acme", "generate", "tiny"), "job")
    clocks.passes(5)
    keeper.flush()
    database.write(lambda connection: connection.execute(text("ALTER TABLE gone RENAME TO ledger")))
    clocks.passes(2)
    keeper.flush()
    assert paid(database) == {"job": (7 * NANO, 1_330_000)}


def test_idle_and_overhead_are_counted_once_each(database: Database, telemetry: Telemetry) -> None:
    clocks = Clocks()
    keeper = keeper_of(database, telemetry, clocks)
    for seconds in (10, 20):
        clocks.passes(seconds)
        keeper.flush()
    keeper.book.ready()
    for _ in range(4):
        clocks.passes(600)
        keeper.flush()
    assert (round(cost(telemetry, "overhead"), 9), round(cost(telemetry, "idle"), 9)) == (0.0057, 0.456)
    assert paid(database) == {"overhead": (30 * NANO, 5_700_000), "idle": (2400 * NANO, 456_000_000)}


def test_idle_time_that_goes_on_after_a_run_is_counted_once(database: Database, telemetry: Telemetry) -> None:
    clocks = Clocks()
    keeper = keeper_of(database, telemetry, clocks)
    keeper.book.ready()
    for number in range(3):
        clocks.passes(10)
        keeper.flush()
        keeper.book.begin(held := Held(f"job-{number}", 1, "acme", "generate", "tiny"), "job")
        for _ in range(3):
            clocks.passes(1)
            keeper.flush()
        keeper.book.end(held, "job")
    keeper.flush()
    assert paid(database)["idle"] == (30 * NANO, 5_700_000)
    assert round(cost(telemetry, "idle"), 9) == 0.0057


def test_idle_time_begins_when_the_device_can_be_held_and_anew_after_each_run(
    database: Database, telemetry: Telemetry
) -> None:
    clocks = Clocks()
    keeper = keeper_of(database, telemetry, clocks)
    held = [Held(f"job-{number}", 1, "acme", "generate", "tiny") for number in range(2)]

    def idle_after(seconds: float) -> float | None:
        clocks.passes(seconds)
        keeper.flush()
        return telemetry.registry.get_sample_value("gpu_idle_seconds", {"device": "gpu"})

    assert idle_after(30) == 0  # starting
    keeper.book.ready()
    assert idle_after(7) == 7
    keeper.book.begin(held[0], "job")
    keeper.book.begin(held[1], "job")
    assert idle_after(5) == 0
    keeper.book.end(held[0], "job")
    assert idle_after(5) == 0
    keeper.book.end(held[1], "job")
    assert idle_after(11) == 11
    keeper.book.draining()
    assert idle_after(5) == 0


def test_last_rows_are_written_at_the_end(database: Database, telemetry: Telemetry) -> None:
    clocks = Clocks()
    book = Book(CARD, BookedPrice(190_000, "test"), monotonic=lambda: clocks.nanoseconds, wall=lambda: clocks.wall)
    with keeping(database, "worker-1", book, telemetry):
        clocks.passes(3)
    assert paid(database) == {"overhead": (3 * NANO, 570_000)}
