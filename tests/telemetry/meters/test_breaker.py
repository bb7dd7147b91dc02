"""`BreakerMeter` around a real breaker: opens after failures, lets one try through, closes again."""

import asyncio

import pytest

from telemetry.meters import BreakerMeter


class Breaker:
    """Opens after two failures in a row; `cool_down` ends the pause."""

    def __init__(self) -> None:
        self.meter = BreakerMeter("billing")
        self._failures = 0
        self._open = False

    def cool_down(self):
        self._open = False
        self.meter.state("half_open")

    def call(self, function):
        if self._open:
            self.meter.rejected()
            raise InterruptedError("open")
        try:
            with self.meter.call():
                result = function()
        except OSError:
            self._failures += 1
            if self._failures >= 2:
                self._open = True
                self.meter.state("open")
            raise
        self._failures = 0
        self.meter.state("closed")
        return result


def refuse():
    raise ConnectionRefusedError


@pytest.fixture
def states(value):
    def read():
        found = {name: value("circuit_breaker_state", breaker="billing", state=name) for name in STATES}
        return [name for name, number in found.items() if number == 1]

    return read


STATES = ("closed", "open", "half_open")


def test_states_transitions_and_calls_are_counted(value, states):
    breaker = Breaker()
    assert states() == ["closed"]
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            breaker.call(refuse)
    assert states() == ["open"]
    for _ in range(3):
        with pytest.raises(InterruptedError):
            breaker.call(refuse)
    breaker.cool_down()
    assert states() == ["half_open"]
    assert breaker.call(lambda: "paid") == "paid"
    breaker.call(lambda: "paid")
    assert states() == ["closed"]
    transitions = [value("circuit_breaker_transitions_total", breaker="billing", state=name) for name in STATES]
    assert transitions == [1, 1, 1]
    outcomes = {
        name: value("circuit_breaker_calls_total", breaker="billing", outcome=name)
        for name in ("succeeded", "failed", "cancelled", "rejected")
    }
    assert outcomes == {"succeeded": 2, "failed": 2, "cancelled": 0, "rejected": 3}


async def test_a_call_that_is_cancelled_is_no_failure(value):
    meter = BreakerMeter("billing")

    async def call():
        with meter.call():
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert value("circuit_breaker_calls_total", breaker="billing", outcome="cancelled") == 1


def test_a_state_that_is_none_is_an_error_of_ours_and_changes_nothing(value, states):
    meter = BreakerMeter("billing")
    meter.state("ajar")
    assert states() == ["closed"]
    assert value("telemetry_internal_errors_total", part="breaker") == 1
