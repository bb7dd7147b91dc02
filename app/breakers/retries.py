"""Second tries of what may be done twice: stamina's, within the time of whoever waits, counted and logged by our names.

Series: `retries_total{operation,error_type}`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from telemetry import catalog, counted
from telemetry.logs import get_logger

T = TypeVar("T")

_log = get_logger(__name__)


async def again(
    operation: str,
    work: Callable[[], Awaitable[T]],
    on: Callable[[Exception], bool],
    *,
    attempts: int,
    pause: timedelta,
) -> T:
    """Return what `work` returns, tried up to `attempts` times.

    Args:
        operation: what is done, in a word or two: a label, and a name in the log.
        work: what may safely be done again.
        on: whether an error may be gone the next time.
        attempts: how often it is done at most.
        pause: before the second try, with jitter of as much; doubled before each further one.
    """
    try:
        return await work()
    except Exception as error:
        if not on(error):
            raise
        failed = [error]
    # Whoever tries again says so, wherever it runs. stamina of itself counts under names that are in no catalog.
    set_on_retry_hooks((_retried,))
    tries = stamina.retry_context(
        on, attempts=attempts, timeout=None, wait_initial=pause, wait_max=pause * 2**attempts, wait_jitter=pause
    )
    async for attempt in tries.with_name(operation, (), {}):
        with attempt:
            # stamina takes longer than a query does: it is asked only once there is something to try again.
            if failed:
                raise failed.pop()
            return await work()
    raise AssertionError("tries end by a result or by an error")


def _retried(details: RetryDetails) -> None:
    error = type(details.caused_by).__name__
    counted(catalog.RETRIES, operation=details.name, error_type=error).add()
    _log.warning(
        catalog.Event.CALL_RETRIED, operation=details.name, error_type=error, pause_seconds=round(details.wait_for, 3)
    )
