"""Loggers for `log.info(Event.JOB_STARTED, job_id=...)`."""

import logging
from typing import cast

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter


def get_logger(name: str) -> BoundLogger:
    """Return a structlog logger that hands its event to the standard logger `name`.

    It needs no global structlog configuration, so an app's own stays as it is.
    """
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return cast("BoundLogger", logger)
