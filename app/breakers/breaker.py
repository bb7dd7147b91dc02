"""One circuit breaker: purgatory's states, and what it leaves out: one probe at a time, our series, our log lines.

Series: `circuit_breaker_*{breaker}` by `telemetry.meters.BreakerMeter`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

from purgatory.domain.model import HalfOpenedState

from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.meters import BreakerMeter

if TYPE_CHECKING:
    from purgatory.domain.model import Context

    from telemetry import Telemetry

State = Literal["closed", "open", "half_open"]

_log = get_logger(__name__)
_STATES: Final[dict[str, State]] = {"closed": "closed", "opened": "open", "half-opened": "half_open"}


class BreakerOpen(Exception):  # noqa: N818 - says what happened
    """A call was not made: what it is for failed too often a moment ago.

    Attributes:
        breaker: name of what was not asked.
        retry_after: whole seconds until it is worth another try, at least 1.
    """

    def __init__(self, breaker: str, seconds: float) -> None:
        self.breaker = breaker
        self.retry_after = max(1, math.ceil(seconds))
        super().__init__(f"{breaker} failed too often and is left alone for {self.retry_after} s")


class Breaker:
    """Lets calls through until several failed in a row, then none for a pause, then one; lives as long as the process.

    For one event loop (`call`) or for many threads (`blocking_call`). `Breakers.make` makes it.

    Attributes:
        name: what is called, in a word.
        state: whether calls go through (closed), none does (open), or one does to find out (half_open).
    """

    def __init__(
        self,
        circuit: Context,
        *,
        counts: Callable[[BaseException], bool],
        telemetry: Telemetry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name: str = circuit.name
        self.state: State = "closed"
        self._circuit = circuit
        self._counts = counts
        self._pause = float(circuit.ttl)
        self._clock = clock
        self._meter = BreakerMeter(self.name, telemetry=telemetry)
        self._watchers: list[Callable[[State], None]] = []
        self._changed_at = clock()
        self._era = 0
        self._probing = False
        self._lock = Lock()

    @property
    def seconds(self) -> float:
        """How long it has been in its state."""
        return self._clock() - self._changed_at

    def watch(self, watcher: Callable[[State], None]) -> None:
        """Call `watcher` with the state after each change of it."""
        self._watchers.append(watcher)

    @asynccontextmanager
    async def call(self, within: timedelta | None = None) -> AsyncIterator[None]:
        """Make a call in the block, ended by `TimeoutError` when it takes longer than `within`.

        Raises:
            BreakerOpen: the block is not entered.
        """
        with self.blocking_call():
            if within is None:
                yield
            else:
                async with asyncio.timeout(within.total_seconds()):
                    yield

    @contextmanager
    def blocking_call(self) -> Iterator[None]:
        """Make a call in the block.

        Raises:
            BreakerOpen: the block is not entered.
        """
        with self._lock:
            era = self._enter()
        try:
            with self._meter.call(self._counts):
                yield
        except (asyncio.CancelledError, GeneratorExit):
            raise  # whoever gave up knows nothing of how the call would have ended
        except BaseException as error:
            self._leave(era, error)
            raise
        else:
            self._leave(era, None)
        finally:
            with self._lock:
                if era == self._era:
                    self._probing = False

    def _enter(self) -> int:
        """Admit a call, or refuse it; return which state, counted from the first, it was admitted in."""
        if self.state == "open" and self.seconds >= self._pause:
            # purgatory goes by the time of day, which may be set back.
            self._circuit.set_state(HalfOpenedState())
            self._note()
        if self.state == "open" or self._probing:
            self._meter.rejected()
            raise BreakerOpen(self.name, self._pause - self.seconds if self.state == "open" else 0)
        self._probing = self.state == "half_open"
        return self._era

    def _leave(self, era: int, error: BaseException | None) -> None:
        with self._lock:
            if era != self._era:
                return  # began under another state: what it found is old
            if error is None:
                self._circuit.handle_end_request()
            else:
                self._circuit.handle_exception(error)
            self._note()

    def _note(self) -> None:
        self._circuit.messages.clear()  # nobody reads them
        state = _STATES[self._circuit.state]
        if state == self.state:
            return
        before, lasted = self.state, self.seconds
        self.state, self._changed_at, self._probing = state, self._clock(), False
        self._era += 1
        self._meter.state(state)
        if state == "open":
            _log.warning(Event.BREAKER_OPENED, breaker=self.name, before=before, pause_seconds=self._pause)
        else:
            event = Event.BREAKER_CLOSED if state == "closed" else Event.BREAKER_PROBES
            _log.info(event, breaker=self.name, seconds=round(lasted, 3))
        for watcher in self._watchers:
            watcher(state)
