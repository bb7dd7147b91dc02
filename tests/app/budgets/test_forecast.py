"""A forecast goes on as it was: no more, no less."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.budgets.forecast import MIN_SHARE, forecast
from app.ledger.calendar import Span

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
