"""What the supervisor needs to know of a part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from stack.native.ports import Ports


@dataclass(frozen=True)
class Part:
    """One process of the stack, or a step (`once`) that runs to its end before others start."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: tuple[str, ...] = ()
    """URLs that all answer 200 when the part is ready; with none it is ready once started."""
    address: str = ""
    reads_settings: bool = False
    """Whether it is one of ours: gets the user's settings, and ends with code 2 when one of them is wrong."""
    after: tuple[str, ...] = ()
    """Parts that must be ready, and steps that must be done, first."""
    renews: Mapping[int, str] = field(default_factory=dict)
    """Exit statuses by which it asks for a fresh process, with the reason that each stands for."""
    once: bool = False
    stop_rank: int = 0
    """Parts of a lower rank have ended before those of a higher one are asked to."""
    grace: timedelta = timedelta(seconds=10)
    """How long it may take to end by itself after SIGTERM."""
    ready_within: timedelta = timedelta(seconds=60)
    title: str = ""
    folder: Path | None = None
    """Where it runs; the project's folder when None."""
    explains_itself: bool = False
    """Whether what it writes before it ends with code 2 says all there is to say, in words for the user."""


_MARGIN = timedelta(seconds=20)


@dataclass(frozen=True)
class Plan:
    """What one start of the stack runs."""

    parts: tuple[Part, ...]
    ports: Ports
    demo: bool = False
    app: str = ""
    """What runs in the place of our service, in words for the user."""
    in_force: Mapping[str, str] = field(default_factory=dict)
    """A digest of each setting of the user's that the parts start with, see `stack.native.in_force`."""

    @property
    def ends_within(self) -> timedelta:
        """How long all parts may take to end, those of one rank together, and what a busy machine adds."""
        ranks = {part.stop_rank for part in self.parts}
        longest = (max(part.grace for part in self.parts if part.stop_rank == rank) for rank in ranks)
        return sum(longest, _MARGIN)
