"""A forecast goes on as it was: no more, no less."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.budgets.budget import Budget
from app.budgets.forecast import MIN_SHARE, forecast
from app.budgets.schemas import usd
from app.budgets.standing import of_customer, overview
from app.database.engine import Database
from app.ledger.calendar import PERIODS, Span
from app.ledger.outlook import outlook
from app.ledger.timeline import NANO
from tests.app.budgets.conftest import Spend

START = datetime(2026, 11, 22, tzinfo=UTC)
DAY = Span(START, START + timedelta(days=1))
AMOUNTS = st.integers(0, 10**15)
SHARES = st.floats(MIN_SHARE, 1.0)


def at(share: float) -> datetime:
    # Rounded up, so that a share is never just short of itself.
    return START + timedelta(microseconds=int(share * 86_400_000_000) + 1)


def said(nanousd: int, share: float) -> int:
    found = forecast(nanousd, DAY, at(share))
    assert found is not None
    return found


@pytest.mark.parametrize(("hour", "expected"), [(2, None), (3, 800), (6, 400), (12, 200), (24, 100), (30, 100)])
def test_forecast_of_a_day(hour: int, expected: int | None) -> None:
    assert forecast(100, DAY, START + timedelta(hours=hour)) == expected


@given(AMOUNTS, SHARES)
def test_never_less_than_what_was_spent(nanousd: int, share: float) -> None:
    assert said(nanousd, share) >= nanousd


@given(AMOUNTS, SHARES)
def test_share_of_the_forecast_that_has_passed_is_what_was_spent(nanousd: int, share: float) -> None:
    assert said(nanousd, share) * DAY.share(at(share)) == pytest.approx(nanousd, rel=1e-9, abs=1)


@given(AMOUNTS, AMOUNTS, SHARES)
def test_more_spent_is_more_foretold(one: int, other: int, share: float) -> None:
    less, more = sorted((one, other))
    assert said(less, share) <= said(more, share)


@given(AMOUNTS, SHARES, SHARES)
def test_the_later_it_was_spent_the_less_is_foretold(nanousd: int, one: float, other: float) -> None:
    sooner, later = sorted((one, other))
    assert said(nanousd, later) <= said(nanousd, sooner)


@given(AMOUNTS, st.floats(0, MIN_SHARE, exclude_max=True))
def test_nothing_is_said_early(nanousd: int, share: float) -> None:
    moment = START + share * timedelta(days=1)
    assert (forecast(nanousd, DAY, moment) is None) == (DAY.share(moment) < MIN_SHARE)


MONTH = Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


def test_time_before_the_first_second_is_not_counted() -> None:
    first, moment = START + timedelta(hours=6), START + timedelta(hours=9)
    assert forecast(100, DAY, moment, first) == 600
    assert forecast(100, DAY, moment, START - timedelta(days=1)) == forecast(100, DAY, moment)


def test_first_second_by_a_clock_that_is_ahead_changes_nothing() -> None:
    moment = START + timedelta(hours=12)
    assert forecast(100, DAY, moment, DAY.until) == 200
    assert forecast(100, DAY, moment, moment + timedelta(minutes=1)) is None


@given(AMOUNTS, st.integers(0, 86_399), st.integers(0, 86_399))
def test_month_that_began_today_leads_at_least_where_the_day_does(nanousd: int, one: int, other: int) -> None:
    first, moment = (START + timedelta(seconds=seconds) for seconds in sorted((one, other)))
    day, month = (forecast(nanousd, span, moment, first) for span in (DAY, MONTH))
    assert month is None or (day is not None and month >= day)


AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the database's clock stand at `AT`."""
    monkeypatch.setattr("app.database.times.utc_now", lambda: AT)


def leads(database: Database, customer: str) -> dict[str, list[float | None]]:
    """Return where day and month lead: of all customers, and of one, as each way of asking has it."""
    zone = ZoneInfo("UTC")
    budgets = (Budget("service", "", "day", NANO, None), Budget("service", "", "month", NANO, None))
    budgets += (Budget("default", "", "day", NANO, None), Budget("default", "", "month", NANO, None))
    seen = database.read(overview, budgets, zone)
    alone = database.read(of_customer, budgets, zone, customer)
    assert alone == list(seen.customer(customer))
    assert [each.forecast for each in database.read(outlook, zone, customer)] == [each.forecast for each in alone]
    assert [each.forecast for each in database.read(outlook, zone, None)] == [seen.forecast(each) for each in PERIODS]
    return {
        "all": [usd(seen.forecast(period)) for period in PERIODS],
        customer: [usd(standing.forecast) for standing in alone],
    }


@pytest.mark.usefixtures("clock")
def test_young_service_is_foretold_from_its_first_job_on(database: Database, spend: Spend) -> None:
    spend(NANO, kind="idle", at=AT - timedelta(days=9))
    spend(NANO, at=AT - timedelta(hours=30))
    spend(NANO, at=AT - timedelta(hours=2))
    # 30 of the month's last 210 hours, and half of a day that was counted from midnight on.
    assert leads(database, "acme") == {"all": [2, 14], "acme": [2, 14]}


@pytest.mark.usefixtures("clock")
def test_new_customer_of_an_old_service_is_foretold_from_its_own_first_job_on(database: Database, spend: Spend) -> None:
    spend(NANO, "old", at=AT - timedelta(days=40))
    spend(3 * NANO, at=AT - timedelta(hours=3))
    # 3 of 15 hours, and too little of the month; the service has three quarters of its month behind it.
    assert leads(database, "acme") == {"all": [6, 4], "acme": [15, None]}
    assert leads(database, "old") == {"all": [6, 4], "old": [0, 0]}
