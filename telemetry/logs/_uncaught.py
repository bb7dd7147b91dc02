"""Lines for what Python itself would print on standard error, with values in clear: warnings and uncaught exceptions."""

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from telemetry.catalog import Event
from telemetry.logs._logger import get_logger

_log = get_logger("python")


@contextmanager
def told_in_lines() -> Iterator[None]:
    """Log warnings and exceptions that nobody caught, in the main thread and in others; undone at the end."""
    hooks: list[tuple[Any, str, Any]] = [
        (sys, "excepthook", _uncaught),
        (sys, "unraisablehook", _unraisable),
        (threading, "excepthook", _uncaught_in_thread),
        (warnings, "showwarning", _warning),
    ]
    before = [(where, name, getattr(where, name)) for where, name, _ in hooks]
    for where, name, hook in hooks:
        setattr(where, name, hook)
    try:
        yield
    finally:
        for (where, name, hook), (_, _, earlier) in zip(hooks, before, strict=True):
            if getattr(where, name) is hook:  # else another has taken its place since
                setattr(where, name, earlier)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        _log.critical(Event.PROCESS_UNCAUGHT, error_type=kind.__name__, exc_info=error)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        name = args.thread.name if args.thread is not None else None
        _log.error(Event.THREAD_UNCAUGHT, thread=name, error_type=args.exc_type.__name__, exc_info=args.exc_value)


def _unraisable(args: Any) -> None:
    what = f"{args.err_msg or 'exception ignored in'}: {type(args.object).__name__}"
    _log.error(Event.UNRAISABLE, where=what, error_type=args.exc_type.__name__, exc_info=args.exc_value)


def _warning(  # noqa: PLR0913, PLR0917 - Python's signature
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    del file, line
    _log.warning(Event.WARNING, message=str(message), category=category.__name__, filename=filename, lineno=lineno)
