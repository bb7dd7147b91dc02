"""Loads structlog without what it only loads because it is installed, 5 MB in each process of a service.

structlog.dev loads rich and pygments for coloured tracebacks on a developer's screen, and structlog.threadlocal, which
is deprecated, loads greenlet for those who use it under gevent. We use neither. An app that wants them imports rich,
gevent or structlog before telemetry, and has them.
"""

import sys
from typing import Any, Final

_UNUSED: Final = ("rich", "greenlet")


def _load() -> None:
    modules: dict[str, Any] = sys.modules
    absent = [name for name in _UNUSED if name not in modules]
    for name in absent:
        modules[name] = None  # how Python spells "not to be found"
    try:
        import structlog  # noqa: F401, PLC0415 - loaded for those after us
    finally:
        for name in absent:
            del modules[name]


_load()
