"""Days and months of time zones, where clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.calendar import Period, Span, span, starts

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Beirut",
)
MOMENTS = st.integers(1_577_836_800, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
PERIODS = st.sampled_from(["day", "month"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "moment", "start", "hours"),
    [
        ("UTC", "2026-02-28T23:59:59Z", "2026-02-28T00:00:00Z", 24),
        ("Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 23),
        ("Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", 25),
        ("Asia/Kathmandu", "2026-01-01T12:00:00Z", "2025-12-31T18:15:00Z", 24),
        # Midnight comes twice: the day begins with the first, asked in the hour after the second as well.
        ("America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", 25),
        ("America/Havana", "2026-11-01T04:30:00Z", "2026-11-01T04:00:00Z", 25),
        # Midnight is skipped: the day begins when clocks are moved.
        ("Asia/Beirut", "2026-03-29T12:00:00Z", "2026-03-28T22:00:00Z", 23),
    ],
)
def test_days_are_as_long_as_clocks_say(zone: str, moment: str, start: str, hours: int) -> None:
    found = span(at(moment), ZoneInfo(zone), "day")
    assert found == Span(at(start), at(start) + timedelta(hours=hours))


def test_months_begin_at_local_midnight_on_both_sides_of_a_change() -> None:
    found = span(at("2026-03-15T00:00:00Z"), ZoneInfo("Europe/Berlin"), "month")
    assert found == Span(at("2026-02-28T23:00:00Z"), at("2026-03-31T22:00:00Z"))


@given(MOMENTS, st.sampled_from(ZONES), PERIODS)
def test_every_moment_lies_in_one_span_and_the_next_begins_where_it_ends(
    moment: datetime, name: str, period: Period
) -> None:
    zone = ZoneInfo(name)
    found = span(moment, zone, period)
    assert found.start <= moment < found.until
    assert span(found.start, zone, period) == found
    assert span(found.until - timedelta(microseconds=1), zone, period) == found
    assert span(found.until, zone, period).start == found.until


@given(MOMENTS, st.sampled_from(ZONES), PERIODS)
def test_share_goes_from_nothing_to_all(moment: datetime, name: str, period: Period) -> None:
    found = span(moment, ZoneInfo(name), period)
    assert found.share(found.start) == 0
    assert 0 <= found.share(moment) < 1
    assert found.share(found.until) == 1


@pytest.mark.parametrize(
    ("zone", "day", "month"),
    [
        ("UTC", "2026-03-31T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ("Asia/Tokyo", "2026-03-31T15:00:00+00:00", "2026-03-31T15:00:00+00:00"),
        ("Europe/Berlin", "2026-03-30T22:00:00+00:00", "2026-02-28T23:00:00+00:00"),
    ],
)
def test_days_and_months_begin_in_the_configured_time_zone(zone: str, day: str, month: str) -> None:
    moment = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
    begins = starts(moment, ZoneInfo(zone))
    assert {name: start.astimezone(UTC).isoformat() for name, start in begins.items()} == {"day": day, "month": month}


def test_day_with_two_midnights_begins_at_the_first() -> None:
    begins = starts(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), ZoneInfo("America/Havana"))  # half past the second one
    first = datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert {name: start.astimezone(UTC) for name, start in begins.items()} == {"day": first, "month": first}
