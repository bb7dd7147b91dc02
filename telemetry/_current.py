"""The `Telemetry` that was started last in this process, for those who are not handed one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from telemetry._families import Families

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_started: Final["list[Telemetry]"] = []


class _Place:
    """Where a metric is counted that nobody gave a `Telemetry`; one attribute, so that it is read in one step."""

    __slots__ = ("families",)

    def __init__(self) -> None:
        self.families = Families(None, bare=True)


#: The families of the current `Telemetry`; while there is none, those that the next start takes over.
PLACE: Final = _Place()


def hand_over(families: Families) -> None:
    """Give `families`, of a `Telemetry` that starts, what was counted while there was none."""
    if not _started:
        families.inherit(PLACE.families)
        PLACE.families = families


@contextmanager
def current_is(telemetry: "Telemetry") -> Iterator[None]:
    """Make `telemetry` the current one until the block ends."""
    _started.append(telemetry)
    PLACE.families = telemetry.families
    try:
        yield
    finally:
        _started.remove(telemetry)
        PLACE.families = _started[-1].families if _started else Families(None, bare=True)


def current() -> "Telemetry | None":
    """Return what was started last and not yet closed, None before the first start."""
    return _started[-1] if _started else None
