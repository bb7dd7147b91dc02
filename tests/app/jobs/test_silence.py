from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.jobs.silence import Silence

BEAT = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def silence(clock: Clock) -> Silence:
    return Silence(clock)


def dead_after(silence: Silence, clock: Clock, beats: dict[str, datetime], seconds: int) -> list[str]:
    """Look every five seconds and return what the last look says."""
    found: list[str] = []
    for _ in range(0, seconds, 5):
        clock.now += 5
        found = silence.among(beats)
    return found


def test_worker_is_dead_once_its_heartbeat_was_seen_unchanged_for_half_a_minute(silence: Silence, clock: Clock) -> None:
    assert silence.among({"w1": BEAT, "w2": BEAT}) == []
    assert dead_after(silence, clock, {"w1": BEAT, "w2": BEAT}, 25) == []
    assert dead_after(silence, clock, {"w1": BEAT, "w2": BEAT + timedelta(seconds=3)}, 5) == ["w1"]


def test_old_heartbeat_seen_for_the_first_time_tells_nothing(silence: Silence) -> None:
    assert silence.among({"w1": BEAT - timedelta(days=1)}) == []


@pytest.mark.parametrize("step", [timedelta(hours=-3), timedelta(hours=3)])
def test_step_of_the_clock_kills_nobody(silence: Silence, clock: Clock, step: timedelta) -> None:
    beat = BEAT
    for number in range(20):
        clock.now += 5
        beat += timedelta(seconds=5) + (step if number == 10 else timedelta(0))
        assert silence.among({"w1": beat}) == []


def test_time_in_which_nobody_looked_does_not_count(silence: Silence, clock: Clock) -> None:
    silence.among({"w1": BEAT})
    clock.now += 600  # the database did not answer this process, nor the worker
    assert silence.among({"w1": BEAT}) == []
    assert dead_after(silence, clock, {"w1": BEAT}, 30) == ["w1"]


def test_worker_that_is_gone_is_forgotten(silence: Silence, clock: Clock) -> None:
    silence.among({"w1": BEAT})
    assert dead_after(silence, clock, {}, 30) == []
    assert silence.among({"w1": BEAT}) == []
