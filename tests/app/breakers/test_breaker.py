"""A breaker opens, lets one probe through, closes; what it shows of that."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from app.breakers import Breaker, BreakerOpen, Breakers
from telemetry import Telemetry

PAUSE = timedelta(seconds=10)


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(telemetry: Telemetry) -> Breakers:
    return Breakers(telemetry)


@pytest.fixture
async def breaker(breakers: Breakers, clock: Clock) -> Breaker:
    return breakers.make("far", threshold=3, pause=PAUSE, counts=lambda error: isinstance(error, OSError), clock=clock)


async def fail(breaker: Breaker, error: type[BaseException] = ConnectionError) -> None:
    with pytest.raises(error):
        async with breaker.call():
            raise error


async def succeed(breaker: Breaker) -> None:
    async with breaker.call():
        pass


async def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        await fail(breaker)
    assert breaker.state == "open"
    return breaker


async def test_failures_in_a_row_open_it_and_calls_are_then_not_made(breaker: Breaker, clock: Clock) -> None:
    await fail(breaker)
    await fail(breaker)
    await succeed(breaker)
    await fail(breaker)
    await fail(breaker)
    assert breaker.state == "closed"
    await fail(breaker)
    clock.seconds += 6.5
    with pytest.raises(BreakerOpen) as refused:
        await succeed(breaker)
    assert (refused.value.breaker, refused.value.retry_after) == ("far", 4)


async def test_other_errors_say_that_the_called_is_there(breaker: Breaker, telemetry: Telemetry) -> None:
    for _ in range(3):
        await fail(breaker)
        await fail(breaker)
        await fail(breaker, KeyError)
    assert breaker.state == "closed"
    calls = {
        outcome: telemetry.registry.get_sample_value(
            "circuit_breaker_calls_total", {"breaker": "far", "outcome": outcome}
        )
        for outcome in ("succeeded", "failed", "cancelled")
    }
    assert calls == {"succeeded": 3, "failed": 6, "cancelled": 0}


async def test_success_of_the_probe_closes_it_and_failure_opens_it_for_another_pause(
    breaker: Breaker, clock: Clock
) -> None:
    await opened(breaker)
    clock.seconds += 10
    await fail(breaker)
    assert breaker.state == "open"
    clock.seconds += 9.9
    with pytest.raises(BreakerOpen):
        await succeed(breaker)
    clock.seconds += 0.1
    await succeed(breaker)
    assert breaker.state == "closed"
    await fail(breaker)  # counted from one again
    assert breaker.state == "closed"


async def test_one_of_twenty_callers_probes(breaker: Breaker, clock: Clock) -> None:
    await opened(breaker)
    clock.seconds += 10
    answer, made = asyncio.Event(), 0

    async def call() -> None:
        nonlocal made
        async with breaker.call():
            made += 1
            await answer.wait()

    calls = [asyncio.create_task(call()) for _ in range(20)]
    await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION)
    assert (made, breaker.state) == (1, "half_open")
    answer.set()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(end, BreakerOpen) for end in ended) == 19
    assert breaker.state == "closed"


async def test_cancelled_probe_leaves_the_question_to_the_next_caller(breaker: Breaker, clock: Clock) -> None:
    await opened(breaker)
    clock.seconds += 10

    async def call() -> None:
        async with breaker.call():
            await asyncio.Event().wait()

    probe = asyncio.create_task(call())
    await asyncio.sleep(0)
    probe.cancel()
    await asyncio.wait({probe})
    assert breaker.state == "half_open"
    await succeed(breaker)
    assert breaker.state == "closed"


@pytest.mark.parametrize("error", [None, ConnectionError])
async def test_call_from_before_it_opened_decides_nothing(
    breaker: Breaker, clock: Clock, error: type[Exception] | None
) -> None:
    end = asyncio.Event()

    async def long_call() -> None:
        async with breaker.call():
            await end.wait()
            if error is not None:
                raise error

    late = asyncio.create_task(long_call())
    await asyncio.sleep(0)
    await opened(breaker)
    end.set()
    await asyncio.wait({late})
    assert late.exception() is None if error is None else isinstance(late.exception(), error)
    assert breaker.state == "open"


async def test_call_that_takes_too_long_is_ended_and_counts(breaker: Breaker) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with breaker.call(within=timedelta(milliseconds=1)):
                await asyncio.Event().wait()
    assert breaker.state == "open"


async def test_clock_set_back_does_not_keep_it_open(
    breaker: Breaker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(breaker)
    monkeypatch.setattr("time.time", lambda: 0.0)
    clock.seconds += 10
    await succeed(breaker)
    assert breaker.state == "closed"


async def test_changes_are_shown_in_series_log_and_health_and_told(
    breaker: Breaker, breakers: Breakers, clock: Clock, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    def value(name: str, **labels: str) -> float | None:
        return telemetry.registry.get_sample_value(name, {"breaker": "far", **labels})

    told: list[str] = []
    breaker.watch(told.append)
    assert (await breakers.check()).status == "healthy"
    with caplog.at_level(logging.INFO):
        await opened(breaker)
        assert value("circuit_breaker_state", state="open") == 1
        with pytest.raises(BreakerOpen):
            await succeed(breaker)
        clock.seconds += 10
        finding = await breakers.check()
        assert (finding.status, finding.message) == ("degraded", "far is open for 10 s")
        await succeed(breaker)
    assert told == ["open", "half_open", "closed"]
    assert value("circuit_breaker_state", state="closed") == 1
    assert value("circuit_breaker_calls_total", outcome="rejected") == 1
    assert value("circuit_breaker_calls_total", outcome="failed") == 3
    events = [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]
    assert events == ["breaker.opened", "breaker.probes", "breaker.closed"]
