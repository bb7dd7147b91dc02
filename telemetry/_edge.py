"""The edge of telemetry: an error of ours stops here, is counted and logged, and the request goes on.

Series: `telemetry_internal_errors_total{part}`.
"""

from types import TracebackType

from prometheus_client import Counter

from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)


class Edge:
    """A context manager for each part; reusable, reentrant and safe in threads, as it keeps no state of a use."""

    def __init__(self, part: str, errors: Counter) -> None:
        self._part = part
        self._errors = errors.labels(part)
        self._logged = False

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        self._errors.inc()
        if not self._logged:
            self._logged = True
            _log.error(Event.TELEMETRY_FAILED, part=self._part, exc_info=error)
        return True
