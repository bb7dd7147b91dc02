"""Says in the log that spans are not getting through: at once, then at most once a minute, and when it is over."""

import time
from collections.abc import Callable
from typing import Final

from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_PAUSE: Final = 60.0


class ExportReports:
    """Log lines of one exporter; used by one thread."""

    def __init__(self, endpoint: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._next = float("-inf")
        self._lost = 0
        self._failing = False

    def failed(self, error_type: str, spans: int) -> None:
        self._failing = True
        self._lost += spans
        now = self._clock()
        if now >= self._next:
            self._next = now + _PAUSE
            _log.warning(
                Event.TELEMETRY_EXPORT_FAILED,
                error_type=error_type,
                endpoint=self._endpoint,
                spans_lost=self._lost,
                action="check OTEL_EXPORTER_OTLP_ENDPOINT and the receiver there; requests are not affected",
            )

    def worked(self) -> None:
        if self._failing:
            _log.info(Event.TELEMETRY_EXPORT_RECOVERED, endpoint=self._endpoint, spans_lost=self._lost)
            self._failing = False
            self._lost = 0
            self._next = float("-inf")
