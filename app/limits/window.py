"""The sliding window counter: the count of the current window, and of the one before what still reaches into it.

Source of the method: the documentation of the `limits` library, strategy "sliding window counter".
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.limits.standing import Left, Policy, Standing


@dataclass(frozen=True, slots=True)
class Window:
    """What was counted in the window before and in the current one, and for how many seconds that one lasts so far."""

    before: int
    current: int
    elapsed: float


def stands(policies: Sequence[Policy], windows: Sequence[Window], *, takes: bool) -> Standing:
    """Return how a caller stands whose windows were these before a request that `takes`, or that only looks."""
    refused_by = next(
        (policy for policy, window in zip(policies, windows, strict=True) if _used(policy, window) >= policy.amount),
        None,
    )
    taken = int(takes and refused_by is None)
    now = time.time()
    return Standing(
        tuple(
            Left(policy, max(0, policy.amount - _used(policy, window) - taken), now + _frees(policy, window, taken))
            for policy, window in zip(policies, windows, strict=True)
        ),
        refused_by,
    )


def _used(policy: Policy, window: Window) -> int:
    return math.floor(window.before * (1 - window.elapsed / policy.window_seconds)) + window.current


def _frees(policy: Policy, window: Window, taken: int) -> float:
    """Return the seconds until one more is left: when one of the window before ends to count, or the next begins."""
    rest = policy.window_seconds - window.elapsed
    current = window.current + taken
    if current >= policy.amount:
        # What is counted now begins to fade once the next window begins; it may be more than a limit that was lowered.
        return rest + policy.window_seconds * (1 - policy.amount / current)
    reaching = math.floor(window.before * rest / policy.window_seconds)
    if reaching == 0:
        return rest if current else 0.0
    return rest - min(reaching, policy.amount - current) * policy.window_seconds / window.before
