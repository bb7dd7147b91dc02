"""What a check finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["healthy", "degraded", "unhealthy"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        status: degraded means that something is amiss and requests are answered all the same.
        message: why it is not healthy, or what was seen when it is; anybody may read it, so it has no name or address
            of anything within, and nothing that somebody else's error says.
        detail: more of it, for administrators.
    """

    status: Status
    message: str
    detail: str = ""


Check = Callable[[], Awaitable[Finding]]
