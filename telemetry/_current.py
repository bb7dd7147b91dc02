"""The `Telemetry` that was started last in this process, for those who are not handed one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_started: Final["list[Telemetry]"] = []


@contextmanager
def current_is(telemetry: "Telemetry") -> Iterator[None]:
    """Make `telemetry` the current one until the block ends."""
    _started.append(telemetry)
    try:
        yield
    finally:
        _started.remove(telemetry)


def current() -> "Telemetry | None":
    """Return what was started last and not yet closed, None before the first start."""
    return _started[-1] if _started else None
