"""Writes lines to a stream; one that cannot be made is replaced by one that says so."""

import logging
import sys
from collections.abc import Callable
from typing import Any, TextIO

from telemetry.catalog import Event
from telemetry.logs._fields import timestamp
from telemetry.logs._render import json_line


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes to `stream`, or to what standard output is at that moment: tests and servers put another one in its place."""

    def __init__(self, stream: TextIO | None, service: str, failed: Callable[[], None]) -> None:
        logging.Handler.__init__(self)
        self._given = stream
        self._service = service
        self._failed = failed

    @property
    def stream(self) -> TextIO:
        return sys.stdout if self._given is None else self._given

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        raise AttributeError("this handler has no stream of its own")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class names it so
        """Say that a line was lost, as `logging` would on standard error with all its arguments in clear."""
        error = sys.exc_info()[1]
        self._failed()
        if isinstance(error, OSError) or getattr(self.stream, "closed", False):
            return  # nobody reads any more
        said: Any = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
        line = {
            "timestamp": timestamp(),
            "level": record.levelname.lower(),
            "event": Event.LOG_LINE_FAILED,
            "logger": record.name,
            "service": self._service,
            "error_type": type(error).__name__,
            "lost": said,
        }
        try:
            self.stream.write(json_line(line) + "\n")
            self.flush()
        except Exception:  # noqa: BLE001 - whoever logged must not learn of it
            self._failed()
