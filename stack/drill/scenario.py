"""What a drill does to the copy; the rest (receivers, watching, verdict) is the same for all."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from stack.drill.stand import Stand


class Fault(Protocol):
    """A fault that is ready to be caused; the service is well until `begin` and after `mend`."""

    async def begin(self) -> str:
        """Cause the fault; return what was done, for the time line."""

    async def mend(self) -> str:
        """Take the fault away; return what was done."""


class Scenario(Protocol):
    """A drill: its name, the alert that has to fire, and how the service is run and broken."""

    @property
    def name(self) -> str: ...
    @property
    def alert(self) -> str: ...
    @property
    def story(self) -> str:
        """What is shown before it begins: one sentence."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Settings of all parts of the copy."""

    def prepare(self, stand: Stand) -> AbstractAsyncContextManager[Fault]:
        """Run the service, well, until the end of the block."""
