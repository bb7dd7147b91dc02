"""The open rows of a device, and what the table holds of them after any crash."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.pool import StaticPool

from app.database.engine import Database, prepare
from app.database.tables import ledger, metadata
from app.ledger.book import Book
from app.ledger.entry import BookedPrice, Held
from app.ledger.rows import totals, write
from app.ledger.timeline import NANO
from telemetry.gpu import Device

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRICE = BookedPrice(190_000, "test")
CARD = Device("gpu", "NVIDIA L4", "GPU-1")
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class Clocks:
    """A monotonic clock, and a time of day that can be set by somebody."""

    def __init__(self, wall: datetime = NOON) -> None:
        self.nanoseconds = 0
        self.wall = wall

    def passes(self, seconds: float) -> None:
        nanoseconds = round(seconds * NANO)
        self.nanoseconds += nanoseconds
        self.wall += timedelta(microseconds=nanoseconds // 1000)


def book_of(clocks: Clocks, price: BookedPrice = PRICE) -> Book:
    return Book(CARD, price, monotonic=lambda: clocks.nanoseconds, wall=lambda: clocks.wall)


def run(number: int = 1, attempt: int = 1, customer: str = "acme") -> Held:
    return Held(f"job-{number}", attempt, customer, "generate", "portrait-1")


@pytest.fixture
def database() -> Database:
    """The table alone, in memory."""
    return in_memory()


def in_memory() -> Database:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    prepare(engine)
    metadata.create_all(engine, tables=[ledger])
    return Database(engine)


def paid(database: Database) -> dict[str, tuple[int, int]]:
    found = database.read(totals, *ALWAYS, ["kind"])
    return {total.group[0]: (total.nanoseconds, total.nanousd) for total in found}


def test_a_job_its_idle_time_and_the_cold_start_are_apart(database: Database) -> None:
    clocks = Clocks()
    book = book_of(clocks)
    clocks.passes(20)
    book.ready()
    clocks.passes(5)
    book.begin(run(), "job")
    clocks.passes(10)
    assert book.so_far(run()) == (10 * NANO, 1_900_000)
    clocks.passes(0.5)
    assert book.end(run(), "job", joules=700.5) == (10_500_000_000, 1_995_000)
    clocks.passes(1)
    database.write(write, "worker-1", CARD, PRICE, book.changed())
    assert paid(database) == {
        "overhead": (20 * NANO, 3_800_000),
        "idle": (6 * NANO, 1_140_000),
        "job": (10_500_000_000, 1_995_000),
    }
    (job,) = database.read(totals, *ALWAYS, ["customer", "operation", "model"], customer="acme")
    assert (job.group, job.jobs, job.joules) == (("acme", "generate", "portrait-1"), 1, 700.5)


def test_a_run_that_fails_is_booked_as_failed_in_all_its_rows(database: Database) -> None:
    clocks = Clocks(NOON + timedelta(minutes=14))
    book = book_of(clocks)
    book.begin(run(), "job")
    for _ in range(3):
        clocks.passes(600)
        database.write(write, "worker-1", CARD, PRICE, book.changed())
    book.end(run(), "failed")
    database.write(write, "worker-1", CARD, PRICE, book.changed())
    rows = database.read(lambda connection: connection.execute(select(ledger)).all())
    assert {row.kind for row in rows} == {"failed"}
    assert len({row.quarter for row in rows}) == len(rows) == 2
    assert sum(row.nanoseconds for row in rows) == 1800 * NANO


def test_rows_written_twice_or_late_change_nothing(database: Database) -> None:
    clocks = Clocks()
    book = book_of(clocks)
    book.begin(run(), "job")
    clocks.passes(3)
    first = book.changed()
    clocks.passes(4)
    book.again(first)  # could not be written then
    for entries in (second := book.changed(), second):
        database.write(write, "worker-1", CARD, PRICE, entries)
    assert paid(database) == {"job": (7 * NANO, 1_330_000)}
    assert book.changed() == []


def test_unknown_price_is_unknown_cost_in_every_sum(database: Database) -> None:
    clocks = Clocks()
    unknown = BookedPrice(None, "no price for NVIDIA B300")
    book = book_of(clocks, unknown)
    book.begin(run(), "job")
    clocks.passes(3)
    assert book.so_far(run()) == (3 * NANO, None)
    database.write(write, "worker-1", CARD, unknown, book.changed())
    (total,) = database.read(totals, *ALWAYS, [])
    assert (total.nanousd, total.unpriced_nanoseconds) == (0, 3 * NANO)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
def test_no_row_crosses_midnight_of_any_zone(database: Database, zone: str) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=ZoneInfo(zone))
    clocks = Clocks(midnight.astimezone(UTC) - timedelta(seconds=30))
    book = book_of(clocks)
    book.begin(run(), "job")
    for _ in range(60):
        clocks.passes(1)
        database.write(write, "worker-1", CARD, PRICE, book.changed())
    (before,) = database.read(totals, midnight - timedelta(days=1), midnight, [])
    (after,) = database.read(totals, midnight, midnight + timedelta(days=1), [])
    assert (before.nanoseconds, after.nanoseconds) == (29 * NANO, 31 * NANO)


def test_time_that_ends_in_the_second_of_two_equal_hours_has_the_first(database: Database) -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    clocks = Clocks(datetime(2026, 10, 25, 0, 50, tzinfo=UTC))
    book = book_of(clocks)
    clocks.passes(300)
    database.write(write, "worker-1", CARD, PRICE, book.changed())
    second = datetime(2026, 10, 25, 2, tzinfo=amsterdam, fold=1)
    (total,) = database.read(totals, datetime(2026, 10, 25, tzinfo=amsterdam), second, [])
    assert total.nanoseconds == 300 * NANO


STEPS = st.lists(
    st.tuples(
        st.floats(0, 2000),
        st.sampled_from(["begin", "end", "flush", "kill", "ready", "drain", "step"]),
        st.integers(0, 3),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_what_is_paid_is_what_passed_less_what_a_kill_took(steps: list[tuple[float, str, int]]) -> None:
    """Random schedules, kills and clocks that are set: the rows hold every nanosecond up to the last write."""
    database, clocks = in_memory(), Clocks()
    book, running, attempt = book_of(clocks), {}, 0
    began = flushed = written = 0
    for seconds, step, who in [*steps, (0.0, "flush", 0)]:
        clocks.passes(seconds)
        if step == "begin" and who not in running:
            attempt += 1
            running[who] = run(who, attempt)
            book.begin(running[who], "job")
        elif step == "end" and who in running:
            book.end(running.pop(who), "cancelled")
        elif step == "kill":  # what was not written is lost, and a new worker begins a new book
            written += flushed - began
            book, running = book_of(clocks), {}
            began = flushed = clocks.nanoseconds
        elif step == "ready":
            book.ready()
        elif step == "drain":
            book.draining()
        elif step == "step":
            clocks.wall += timedelta(seconds=(who - 1) * 3000)
        else:
            database.write(write, "worker-1", CARD, PRICE, book.changed())
            flushed = clocks.nanoseconds
    total = sum(nanoseconds for nanoseconds, _ in paid(database).values())
    assert total == written + clocks.nanoseconds - began
