"""Advice on codes about asking too often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.RATE_LIMITED: Advice(
        "The key, or the address of a request without a good one, has used up one of its limits: `context.limit` says which.",
        "Wait for as long as `Retry-After` says. `X-RateLimit-Remaining` of every answer tells beforehand how many are left.",
        Retry.LATER,
        "The limit submit of 10 per 1 minute is used up. Try again in 12 s.",
        {"limit": "submit", "amount": 10, "window_seconds": 60, "retry_after_seconds": 12},
    ),
    Code.TOO_MANY_FAILURES: Advice(
        "Many requests from this address had a wrong key, so new ones are not looked up for a while.",
        "Stop whatever sends a wrong key. A key that was good here before is not held up.",
        Retry.LATER,
        "Too many keys from this address were wrong. Try again in 41 s.",
        {"retry_after_seconds": 41},
    ),
}
