"""Reads the bill every few minutes and shows it beside what was metered.

Series: `provider_bill_usd{provider,period}`, `provider_bill_last_success_timestamp_seconds{provider}`,
`provider_bill_errors_total{provider,reason}`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, get_args
from zoneinfo import ZoneInfo

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.billing.provider import BillUnreadable, Provider, Reason
from app.clock import utc_now
from app.gauges import exported, gauge
from app.ledger.calendar import Period, starts
from telemetry import catalog
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)
_LOOK_SECONDS: Final = 5.0
_LONGEST_PAUSE: Final = timedelta(hours=1)
#: A bill older than this says nothing about today.
_STALE: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Bill:
    """What the provider charged so far in the calendar day and month, and when it said so."""

    usd: dict[Period, Decimal]
    read_at: datetime


class BillWatch(Collector):
    """Asks the provider at most once per interval, and less often while it fails; shows nothing that is stale."""

    def __init__(
        self,
        provider: Provider,
        zone: ZoneInfo,
        interval: timedelta,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bill: Bill | None = None
        self._provider = provider
        self._zone = zone
        self._interval = interval
        self._errors = telemetry.counter(catalog.PROVIDER_BILL_ERRORS)
        for reason in get_args(Reason):  # from zero, so that the first error is a rise
            self._errors.labels(provider.name, reason)
        self._clock = clock
        self._next = clock()
        self._failures = 0

    async def look(self) -> None:
        """Ask the provider if it is time to."""
        if self._clock() < self._next:
            return
        pause = self._interval
        try:
            self.bill = await self._read(utc_now())
            if self._failures:
                _log.info(catalog.Event.BILL_READABLE_AGAIN, provider=self._provider.name, failures=self._failures)
            self._failures = 0
        except BillUnreadable as error:
            self._failures += 1
            self._errors.labels(self._provider.name, error.reason).inc()
            asked = error.retry_after or timedelta(0)
            pause = max(min(self._interval * 2 ** min(self._failures, 10), max(_LONGEST_PAUSE, self._interval)), asked)
            _log.warning(
                catalog.Event.BILL_UNREADABLE,
                provider=self._provider.name,
                reason=error.reason,
                error=str(error),
                retry_seconds=pause.total_seconds(),
            )
        finally:
            self._next = self._clock() + pause.total_seconds()

    async def _read(self, moment: datetime) -> Bill:
        began = starts(moment, self._zone)
        charges = await self._provider.charges(min(began.values()), moment)
        usd = {
            period: sum((charge.usd for charge in charges if charge.start >= start), Decimal(0))
            for period, start in began.items()
        }
        return Bill(usd, moment)

    def collect(self) -> Iterable[Metric]:
        bill, name = self.bill, self._provider.name
        if bill is None:
            return
        read = catalog.PROVIDER_BILL_LAST_SUCCESS
        yield gauge(read, {(name,): bill.read_at.timestamp()})
        now = utc_now()
        # Across midnight the figure read yesterday is no figure of today.
        same = {period for period, start in starts(now, self._zone).items() if bill.read_at >= start}
        if now - bill.read_at <= _STALE:
            amounts: dict[tuple[str, ...], float] = {
                (name, period): float(usd) for period, usd in bill.usd.items() if period in same
            }
            yield gauge(catalog.PROVIDER_BILL, amounts)


def watching(
    provider: Provider | None, zone: ZoneInfo, interval: timedelta, telemetry: Telemetry
) -> AbstractAsyncContextManager[BillWatch | None]:
    """Watch the bill while the block lasts; without a provider there is none to watch."""
    if provider is None:
        return nullcontext()
    watch = BillWatch(provider, zone, interval, telemetry)
    return exported(watch, watch.look, _LOOK_SECONDS, telemetry, name="read the provider's bill")
