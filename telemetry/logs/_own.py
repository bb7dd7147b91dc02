"""Our own loggers in a process whose app configures logging as it likes.

An app's `dictConfig` may disable every logger that stood before it, take the handlers away, or raise the level of all.
The app's lines are the app's affair; the access line and what we have to say go on.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_NAMES: Final = ("plainview", "telemetry")


def keep(handler: logging.Handler, level: str) -> None:
    """Have our loggers write to `handler` from `level` on, whatever was configured since."""
    for logger in _ours():
        logger.disabled = False
    reached = handler in logging.getLogger().handlers
    for name in _NAMES:
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.handlers = [] if reached else [handler]
        logger.propagate = reached


@contextmanager
def as_before() -> Iterator[None]:
    """Give our loggers back, at the end of the block, what they have now."""
    before = [(logger, logger.handlers, logger.propagate, logger.level) for logger in map(logging.getLogger, _NAMES)]
    try:
        yield
    finally:
        for logger, handlers, propagate, level in before:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)


def _ours() -> Iterator[logging.Logger]:
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in _NAMES:
            yield logger
