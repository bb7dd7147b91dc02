"""Sums that are remembered are those that would be made anew."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete

from app.budgets import spending
from app.budgets.closed import ClosedQuarters
from app.budgets.spending import Spent
from app.database.engine import Database
from app.database.tables import ledger, metadata
from app.ledger.calendar import span
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.rows import write
from app.ledger.timeline import NANO
from tests.app.budgets.conftest import CARD, Spend

BEGAN = datetime(2026, 11, 29, 22, tzinfo=UTC)
STEPS = st.lists(
    st.tuples(st.integers(0, 7000), st.sampled_from(["acme", "other"]), st.none() | st.integers(0, NANO)), max_size=15
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
@pytest.mark.slow
def test_remembered_sums_are_those_made_anew_as_time_passes(steps: list[tuple[int, str, int | None]]) -> None:
    database = Database(create_engine("sqlite://"))
    metadata.create_all(database.engine)
    closed, moment = ClosedQuarters(), BEGAN
    for seconds, customer, nanousd in steps:
        moment += timedelta(seconds=seconds)
        held = Held(uuid.uuid4().hex, 1, customer, "generate", "tiny")
        entry = Entry(uuid.uuid4().hex, "job", held, moment, moment, NANO, nanousd)
        database.write(write, "w1", CARD, BookedPrice(1, "test"), [entry])
        for whose in ("acme", None):
            for period in ("day", "month"):
                present = span(moment, ZoneInfo("Europe/Berlin"), period)
                anew = database.read(spending.spent, present, whose)
                assert database.read(closed.spent, present, whose, moment) == anew
    database.engine.dispose()


@pytest.mark.parametrize(("hours", "seen"), [(0.5, 0), (2, 1)])
def test_quarters_that_are_over_are_summed_once(database: Database, spend: Spend, hours: float, seen: int) -> None:
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    present = span(moment, ZoneInfo("UTC"), "day")
    closed = ClosedQuarters()
    spend(1, at=moment - timedelta(hours=hours))
    assert database.read(closed.spent, present, "acme", moment) == Spent(1)
    database.write(lambda connection: connection.execute(delete(ledger)))
    assert database.read(closed.spent, present, "acme", moment) == Spent(seen)
    assert database.read(closed.spent, present, "acme", moment + timedelta(minutes=15)) == Spent(0)
