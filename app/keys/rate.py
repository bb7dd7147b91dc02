"""A key's own rate limit as text, checked by the library that will enforce it."""

from __future__ import annotations

import re
from typing import Final

_MOST: Final = 1_000_000_000
# The library takes it for one.
_NO_TIME: Final = re.compile(r"(?:/|per)\s*0+\b")
_ALLOWED: Final = "should be one limit such as 10/hour or 500 per 15 minutes, with at least one request"


def rate_limit(text: str) -> str:
    """Return the limit that `text` describes in its short form: "10/hour", "500/15 minute".

    Raises:
        ValueError: it is not one limit; says what is allowed.
    """
    from limits import parse_many  # noqa: PLC0415 - takes 80 ms, and few commands meet a limit

    try:
        limits = parse_many(text)
    except ValueError as error:
        raise ValueError(_ALLOWED) from error
    if _NO_TIME.search(text) or len(limits) != 1 or not 1 <= limits[0].amount <= _MOST:
        raise ValueError(_ALLOWED)
    (limit,) = limits
    return f"{limit.amount}/{f'{limit.multiples} ' if limit.multiples > 1 else ''}{limit.GRANULARITY.name}"
