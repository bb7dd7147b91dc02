"""A target that fails is left alone between tries."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from alerts.notifier.target_breaker import TargetBreaker

MINUTE = timedelta(minutes=1)


def fail(breaker: TargetBreaker, now: float, pause: timedelta = MINUTE) -> None:
    with suppress(OSError), breaker.attempt():
        raise OSError
    breaker.failed(now, pause)


@pytest.fixture
def breaker() -> TargetBreaker:
    return TargetBreaker("json-abc")


def test_target_rests_after_three_failures_in_a_row_and_never_long(breaker: TargetBreaker) -> None:
    fail(breaker, 100.0)
    fail(breaker, 101.0)
    assert (breaker.is_open, breaker.rest(101.0)) == (False, 0.0)
    fail(breaker, 102.0)
    assert (breaker.is_open, breaker.rest(102.0)) == (True, 30.0)
    assert breaker.rest(131.5) == 0.5
    assert breaker.rest(132.0) == 0.0


def test_clock_set_back_does_not_keep_it_resting(breaker: TargetBreaker) -> None:
    for _ in range(3):
        fail(breaker, 100_000.0)
    assert breaker.rest(0.0) == 30.0


def test_success_ends_it(breaker: TargetBreaker) -> None:
    for _ in range(5):
        fail(breaker, 100.0, timedelta(seconds=1))
    with breaker.attempt():
        pass
    assert (breaker.is_open, breaker.rest(100.0)) == (False, 0.0)
    fail(breaker, 101.0)
    assert not breaker.is_open
