"""What a circuit breaker does.

Series: `circuit_breaker_state{breaker,state}`, `circuit_breaker_transitions_total{breaker,state}`,
`circuit_breaker_calls_total{breaker,outcome}`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

from telemetry import catalog
from telemetry._outcome import outcome_of
from telemetry._series import Series, exemplar, quiet

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_PART: Final = "breaker"

State = Literal["closed", "open", "half_open"]


class BreakerMeter:
    """Measures one breaker, which begins closed; lives as long as the breaker. All its series begin at once."""

    def __init__(self, breaker: str, *, telemetry: Telemetry | None = None) -> None:
        states = catalog.BREAKER_STATE.values["state"]
        outcomes = catalog.BREAKER_CALLS.values["outcome"]
        self._lock = threading.Lock()
        self._state: State = "closed"
        self._states = {state: Series(catalog.BREAKER_STATE, breaker, state, telemetry=telemetry) for state in states}
        self._transitions = {
            state: Series(catalog.BREAKER_TRANSITIONS, breaker, state, telemetry=telemetry) for state in states
        }
        self._calls = {
            outcome: Series(catalog.BREAKER_CALLS, breaker, outcome, telemetry=telemetry) for outcome in outcomes
        }
        self._begin()

    @quiet(_PART)
    def state(self, state: State) -> None:
        """Say which state the breaker is in; a change is counted, the same state again is not."""
        with self._lock:
            if state == self._state:
                return
            series, transition = self._states[state], self._transitions[state]
            self._states[self._state].now().set(0)
            series.now().set(1)
            self._state = state
            transition.now().inc(1, exemplar())

    @quiet(_PART)
    def rejected(self) -> None:
        """Count a call that was not made, for the breaker was open."""
        self._calls["rejected"].now().inc(1, exemplar())

    @contextmanager
    def call(self, failure: Callable[[BaseException], bool] = lambda _: True) -> Iterator[None]:
        """Count a call that is made, by how it ends; an error that is no `failure` shows that the called one answers."""
        error: BaseException | None = None
        try:
            yield
        except BaseException as raised:
            error = raised if failure(raised) or outcome_of(raised) == "cancelled" else None
            raise
        finally:
            self._called(error)

    @quiet(_PART)
    def _begin(self) -> None:
        for series in (*self._transitions.values(), *self._calls.values()):
            series.now()
        for state, series in self._states.items():
            series.now().set(float(state == self._state))

    @quiet(_PART)
    def _called(self, error: BaseException | None) -> None:
        self._calls[outcome_of(error)].now().inc(1, exemplar())
