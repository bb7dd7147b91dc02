"""What becomes of the runs of a loop or a background task.

Series: `background_task_runs_total{task,outcome}`, `background_task_duration_seconds{task}`,
`background_task_last_success_timestamp_seconds{task}`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from telemetry import catalog
from telemetry._outcome import outcome_of
from telemetry._series import Series, exemplar, quiet

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_PART: Final = "background"


class BackgroundMeter:
    """Measures each run of one task; lives as long as the task. All its series are there from the start, at zero.

    `with meter.run():` goes around what a loop does each time, in a thread or in a coroutine.
    """

    def __init__(self, task: str, *, telemetry: Telemetry | None = None) -> None:
        outcomes = catalog.BACKGROUND_RUNS.values["outcome"]
        self._runs = {
            outcome: Series(catalog.BACKGROUND_RUNS, task, outcome, telemetry=telemetry) for outcome in outcomes
        }
        self._duration = Series(catalog.BACKGROUND_DURATION, task, telemetry=telemetry)
        self._last_success = Series(catalog.BACKGROUND_LAST_SUCCESS, task, telemetry=telemetry)
        self._begin()

    @contextmanager
    def run(self) -> Iterator[None]:
        """Measure one run; an exception that leaves it counts as failed, a cancellation as cancelled."""
        began = time.perf_counter()
        error: BaseException | None = None
        try:
            yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._ran(time.perf_counter() - began, error)

    @quiet(_PART)
    def _begin(self) -> None:
        for series in (*self._runs.values(), self._duration, self._last_success):
            series.now()

    @quiet(_PART)
    def _ran(self, seconds: float, error: BaseException | None) -> None:
        self._runs[outcome_of(error)].now().inc(1, exemplar())
        self._duration.now().observe(seconds, exemplar())
        if error is None:
            self._last_success.now().set(time.time())
