"""How a caller stands after a request: what each limit has left, and which of them refused it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem


@dataclass(frozen=True, slots=True)
class Policy:
    """One limit: `total`, a class of endpoint, or `failures`."""

    name: str
    item: RateLimitItem

    @property
    def amount(self) -> int:
        return self.item.amount

    @property
    def window_seconds(self) -> int:
        return self.item.get_expiry()


@dataclass(frozen=True, slots=True)
class Left:
    """What `policy` has left, and when (seconds since 1970) it has more."""

    policy: Policy
    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided about one request.

    Attributes:
        left: of each limit that was looked at, at least one.
        refused_by: the limit that has nothing left; None when the request may go on.
    """

    left: tuple[Left, ...]
    refused_by: Policy | None = None

    @property
    def tightest(self) -> Left:
        """The limit that refused, else the one that will be the first to."""
        if self.refused_by is not None:
            return next(left for left in self.left if left.policy is self.refused_by)
        return min(self.left, key=lambda left: (left.remaining, -left.policy.window_seconds))

    @property
    def retry_after(self) -> int:
        """Whole seconds until the tightest limit has more, at least 1."""
        return max(1, math.ceil(self.tightest.reset - time.time()))

    def headers(self) -> dict[str, str]:
        """Return the headers of the answer: the widespread ones, and draft-ietf-httpapi-ratelimit-headers-10."""
        first = self.tightest
        now = time.time()
        return {
            "X-RateLimit-Limit": str(first.policy.amount),
            "X-RateLimit-Remaining": str(first.remaining),
            "X-RateLimit-Reset": str(math.ceil(first.reset)),
            "RateLimit-Policy": ", ".join(
                f'"{left.policy.name}";q={left.policy.amount};w={left.policy.window_seconds}' for left in self.left
            ),
            "RateLimit": ", ".join(
                f'"{left.policy.name}";r={left.remaining};t={max(0, math.ceil(left.reset - now))}' for left in self.left
            ),
        }
