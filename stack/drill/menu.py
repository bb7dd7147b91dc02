"""Which drills there are, for those who choose one; imports nothing, so that every command can show it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """A drill in a line: what it causes, and how long it takes on a common machine."""

    about: str
    lasts: str


#: Name to entry, in the order in which `--all` runs them.
MENU: Final = MappingProxyType(
    {
        "error-rate": Entry("requests fail with 5xx", "about 2 minutes"),
        "cost": Entry("jobs exceed the daily budget", "about 30 seconds"),
    }
)


def lines() -> list[str]:
    """Return a line for each drill."""
    return [f"{name}: {entry.about}, {entry.lasts}." for name, entry in MENU.items()]
