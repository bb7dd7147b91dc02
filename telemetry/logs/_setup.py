"""Takes the standard library's logging over for the life of a process, and gives it back."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog
from structlog.processors import ExceptionRenderer
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer

from telemetry._secrets import redact, redact_fields
from telemetry.catalog import Event
from telemetry.logs import _own
from telemetry.logs._bounded import LONGEST_LINE
from telemetry.logs._counts import LineCounts
from telemetry.logs._fields import AddCommon, Fields, common
from telemetry.logs._handler import LineHandler
from telemetry.logs._render import json_line
from telemetry.logs._repeats import Repeats
from telemetry.logs._uncaught import told_in_lines
from telemetry.settings import TelemetrySettings

if TYPE_CHECKING:
    from telemetry._families import Families

# Libraries that bring handlers of their own; DBOS leaves its logger alone when it has one already.
_ADOPTED: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "dbos")
# These tell every request at INFO, with its query string, and so every export of spans.
_CHATTY: Final = ("httpx", "httpcore")
_LOGGED: Final = "_plainview_logged"


class Logs:
    """Where the lines of this process go; lives from `opened` to its end."""

    def __init__(self, settings: TelemetrySettings, stream: TextIO | None, families: Families | None) -> None:
        self._service = settings.service_name
        self._level = settings.log_level
        self._console = settings.log_format == "console"
        self._access = logging.getLogger("plainview.access")
        self._counts = LineCounts(families)
        self.handler = LineHandler(stream, self._service, self._counts.failed)
        self.handler.setFormatter(
            ProcessorFormatter(
                processors=[_take_extras, AddCommon(self._service), _exceptions(console=self._console), self._render],
            )
        )
        self.handler.addFilter(_not_logged_before)
        self.handler.addFilter(_no_handshake_of_uvicorn)
        self.repeats = Repeats(settings.log_repeats, self.handler, self._counts.suppressed)
        self.handler.addFilter(self.repeats)

    def adopt(self) -> None:
        """Route the loggers of uvicorn and DBOS here, and our own, also when logging was configured after the start."""
        _own.keep(self.handler, self._level)
        for name in _ADOPTED:
            logger = logging.getLogger(name)
            logger.disabled = False
            logger.handlers = [self.handler]
            logger.propagate = False
        # The access line is ours: it has ids, and the route instead of the URL.
        logging.getLogger("uvicorn.access").handlers = [logging.NullHandler()]

    def access(self, level: int, fields: Mapping[str, Any]) -> None:
        """Write the access line. It does not pass through `logging`, which costs more than the line itself."""
        if not self._access.isEnabledFor(level):
            return
        line = common(logging.getLevelName(level).lower(), Event.HTTP_REQUEST, "plainview.access", self._service)
        line.update(fields)
        self.write(redact(_console_line(line)) if self._console else json_line(line))

    def write(self, line: str) -> None:
        """Write one line whole, never mixed with another thread's."""
        with self.handler.lock:  # type: ignore[union-attr]
            stream = self.handler.stream
            stream.write(line + "\n")
            stream.flush()

    def _render(self, _logger: Any, _name: str, fields: Fields) -> str:
        self._counts.written(fields["level"])
        return redact(_console_line(fields)) if self._console else json_line(fields)


@contextmanager
def opened(
    settings: TelemetrySettings, stream: TextIO | None = None, families: Families | None = None
) -> Iterator[Logs]:
    """Send all logging of this process to `stream` (standard output) in one shape; undone at the end."""
    logs = Logs(settings, stream, families)
    root = logging.getLogger()
    before = [(logger, logger.handlers, logger.propagate) for logger in map(logging.getLogger, (None, *_ADOPTED))]
    levels = [(logger, logger.level) for logger in map(logging.getLogger, (None, *_CHATTY))]
    configured = structlog.is_configured()
    root.handlers = [logs.handler]
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    root.setLevel(settings.log_level)
    logs.adopt()
    if not configured:
        structlog.configure(
            processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )
    try:
        with _own.as_before(), told_in_lines():
            yield logs
    finally:
        logs.repeats.close()
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
        for logger, level in levels:
            logger.setLevel(level)
        if not configured:
            structlog.reset_defaults()


def mark_logged(error: BaseException) -> None:
    """Say that `error` has its line, so that the server does not log its traceback a second time."""
    with contextlib.suppress(AttributeError):  # an exception class with slots
        setattr(error, _LOGGED, True)


def _not_logged_before(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not (error is not None and record.name.startswith("uvicorn") and getattr(error, _LOGGED, False))


def _no_handshake_of_uvicorn(record: logging.LogRecord) -> bool:
    """Leave out its line for a WebSocket's handshake, which has the query with all values; ours comes at the close."""
    return not (record.name == "uvicorn.error" and str(record.msg).startswith('%s - "WebSocket %s" '))


_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


def _take_extras(_logger: Any, _name: str, fields: Fields) -> Fields:
    """Take over what a foreign record carries in `extra=`."""
    if not fields["_from_structlog"]:
        extras = vars(fields["_record"]).items()
        fields.update({name: value for name, value in extras if name not in _STANDARD and not name.startswith("_")})
    return fields


def _exceptions(*, console: bool) -> Any:
    return structlog.processors.format_exc_info if console else _JSON_EXCEPTIONS


# Local variables hold keys, prompts and whole images: they are never shown.
_JSON_EXCEPTIONS: Final = ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=30))
_pretty: Final = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def _console_line(fields: Fields) -> str:
    return str(_pretty(None, "", redact_fields(fields)))[:LONGEST_LINE]
