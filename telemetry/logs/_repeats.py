"""Keeps a storm of one warning or error from filling the disk: what comes too often is counted in one line.

Only warnings and worse are folded: lines of lower levels are records of what was done, access lines too, and each
counts. Alike are lines of one logger, level and event, and of one kind of exception from one place in the code, so that
nothing that is new is ever held back.

Series: `telemetry_log_lines_suppressed_total{level}`.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final

WINDOW: Final = 60.0
# A message with an id put into it is another one each time: those that have not come again for long make room.
_MOST_KEPT: Final = 1000
_SUMMARY: Final = "_plainview_summary"

Key = tuple[Any, ...]


@dataclass(slots=True)
class _Window:
    until: float
    written: int = 1
    suppressed: int = 0


class Repeats(logging.Filter):
    """Lets a line pass `most` times a minute; lives as long as the handler that it filters for.

    What was held back is told in a line with `repeated` when its minute is over, at the latest when all ends.
    """

    def __init__(
        self,
        most: int,
        handler: logging.Handler,
        suppressed: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._most = most
        self._handler = handler
        self._suppressed = suppressed
        self._clock = clock
        self._windows: OrderedDict[Key, _Window] = OrderedDict()
        self._timer: threading.Timer | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or not self._most or hasattr(record, _SUMMARY):
            return True
        passes, told = self._seen(_key(record))
        if not passes:
            self._suppressed(record.levelname.lower())
        for key, window in told:
            self._tell(key, window)
        return passes

    def close(self) -> None:
        """Tell what has been held back so far."""
        self.tell_due(float("inf"))
        if self._timer is not None:
            self._timer.cancel()

    def tell_due(self, now: float | None = None) -> None:
        """Tell what was held back in the minutes that are over."""
        self._timer = None
        moment = self._clock() if now is None else now
        with self._handler.lock:  # type: ignore[union-attr]  # the one that logging renews in a forked child
            due = [(key, window) for key, window in self._windows.items() if window.until <= moment]
            for key, _ in due:
                del self._windows[key]
            waits = [window.until for window in self._windows.values() if window.suppressed]
        for key, window in due:
            self._tell(key, window)
        if waits:
            self._arm(min(waits) - moment)

    def _seen(self, key: Key) -> tuple[bool, list[tuple[Key, _Window]]]:
        now = self._clock()
        with self._handler.lock:  # type: ignore[union-attr]
            window = self._windows.get(key)
            if window is None or now >= window.until:
                self._windows[key] = _Window(now + WINDOW)
                self._windows.move_to_end(key)
                over = [(key, window)] if window is not None else []
                if len(self._windows) > _MOST_KEPT:
                    over.append(self._windows.popitem(last=False))
                return True, over
            if window.written < self._most:
                window.written += 1
                return True, []
            window.suppressed += 1
            if self._timer is None:
                self._arm(window.until - now)
            return False, []

    def _arm(self, seconds: float) -> None:
        self._timer = threading.Timer(max(seconds, 0.1), self.tell_due)
        self._timer.name = "plainview-repeats"
        self._timer.daemon = True
        self._timer.start()

    def _tell(self, key: Key, window: _Window) -> None:
        if not window.suppressed:
            return
        name, level, event, *rest = key
        facts = {"name": name, "levelno": level, "levelname": logging.getLevelName(level), "msg": event}
        facts |= {"repeated": window.suppressed, _SUMMARY: True}
        if rest[0]:
            facts["error_type"] = rest[0]
        # In no request: it is of all of them.
        Context().run(self._handler.handle, logging.makeLogRecord(facts))


def _key(record: logging.LogRecord) -> Key:
    said: Any = record.msg
    error: Any = record.exc_info
    kind = detail = None
    if isinstance(said, dict):  # structlog's
        kind, detail, error = said.get("error_type"), said.get("message"), said.get("exc_info", error)
        said = said.get("event")
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return record.name, record.levelno, str(said), kind, detail
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else None
    return record.name, record.levelno, str(said), type(error).__name__, place
