"""What is asked of a provider's billing API, and how it may fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

Reason = Literal["unreachable", "timeout", "key_refused", "rate_limited", "provider_error", "answer_not_understood"]


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount for the hour, or shorter, that began at `start`."""

    start: datetime
    usd: Decimal


class BillUnreadable(Exception):  # noqa: N818 - reads as what happened
    """The provider did not tell its charges.

    Attributes:
        reason: the kind of failure, a small closed set.
        retry_after: how long the provider asked to be left alone, None when it did not say.
    """

    def __init__(self, reason: Reason, detail: str, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.retry_after = retry_after


class Provider(Protocol):
    """A billing API."""

    name: str

    async def charges(self, since: datetime, until: datetime) -> Sequence[Charge]:
        """Return what was charged for GPUs between two moments, both aware, in hours or less. Raises BillUnreadable."""
        ...
