"""What the money of today and of this month went to, from the ledger: a restart loses nothing of it.

Series: `cost_period_usd`, `paid_period_usd`, `paid_kind_period_usd`, `cost_customer_period_usd`,
`cost_model_period_usd`, `unpriced_period_seconds`, `energy_period_joules`, `energy_customer_period_joules`,
`energy_cost_period_usd`, `energy_co2_period_grams`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from app.background import Rest
from app.database.engine import AsyncDatabase
from app.database.times import now
from app.gauges import exported, gauge
from app.ledger.calendar import starts
from app.ledger.entry import QUARTER
from app.ledger.spending import Spending, spent, top
from app.settings import Settings
from telemetry import catalog

if TYPE_CHECKING:
    from telemetry import Telemetry

_SECONDS_BETWEEN: Final = 5.0
_STALE_SECONDS: Final = 60.0


def read(connection: Connection, zone: ZoneInfo) -> dict[str, Spending]:
    """Return what was spent since the calendar day and month began in `zone`."""
    moment = now(connection)
    # A worker's clock may be ahead of the database's.
    return {period: spent(connection, start, moment + QUARTER) for period, start in starts(moment, zone).items()}


class LedgerSeries(Collector):
    """Shows the last reading, and nothing once it is old."""

    def __init__(
        self, database: AsyncDatabase, settings: Settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._zone = settings.zone
        self._most = settings.cost_top
        self._tariff = settings.tariff
        self._rest = Rest(_STALE_SECONDS, clock)
        self._spending: dict[str, Spending] = {}

    async def refresh(self) -> None:
        """Take a reading if it is time to; nothing is shown after one that failed."""
        if self._rest.is_over:
            with self._rest.reading():
                self._spending = await self._database.read(read, self._zone)

    def collect(self) -> Iterable[Metric]:
        spending = self._spending if self._rest.is_fresh else {}
        found = spending.items()
        yield gauge(catalog.COST_PERIOD, {(period,): each.of_jobs for period, each in found})
        yield gauge(catalog.PAID_PERIOD, {(period,): each.paid for period, each in found})
        yield _named(catalog.PAID_KIND_PERIOD, {period: each.kinds for period, each in found})
        yield _named(catalog.COST_CUSTOMER_PERIOD, {period: top(each.customers, self._most) for period, each in found})
        yield _named(catalog.COST_MODEL_PERIOD, {period: top(each.models, self._most) for period, each in found})
        yield gauge(catalog.UNPRICED_PERIOD, {(period,): each.unpriced_seconds for period, each in found})
        yield from self._energy(spending)

    def _energy(self, spending: Mapping[str, Spending]) -> Iterable[Metric]:
        found = spending.items()
        yield gauge(
            catalog.ENERGY_PERIOD,
            {(period, source): joules for period, each in found for source, joules in each.joules.items()},
        )
        yield _named(
            catalog.ENERGY_CUSTOMER_PERIOD, {period: top(each.joules_of, self._most) for period, each in found}
        )
        figures = {period: self._tariff.figures(sum(each.joules.values())) for period, each in found if each.joules}
        for metric, name in (
            (catalog.ENERGY_COST_PERIOD, "energy_cost_usd"),
            (catalog.ENERGY_CO2_PERIOD, "co2_grams"),
        ):
            yield gauge(
                metric, {(period,): value for period, by in figures.items() if (value := by.get(name)) is not None}
            )


def _named(metric: catalog.Metric, values: Mapping[str, Mapping[str, float]]) -> Metric:
    """Return a family whose labels are a name and the period."""
    return gauge(metric, {(name, period): value for period, by in values.items() for name, value in by.items()})


def ledger_series(
    database: AsyncDatabase, settings: Settings, telemetry: Telemetry
) -> AbstractAsyncContextManager[LedgerSeries]:
    """Export the series while the block lasts."""
    series = LedgerSeries(database, settings)
    return exported(series, series.refresh, _SECONDS_BETWEEN, telemetry, name="read ledger series")
