"""Series of budgets: the service's and its forecast, and the customers nearest to theirs. Read every five seconds, seldom when that takes long.

Series: `budget_usd{period}`, `budget_hard_usd{period}`, `cost_forecast_usd{period}`, `cost_reserved_usd`,
`customer_budget_used_ratio{customer,period}`, `customer_budget_forecast_ratio{customer,period}`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.background import Rest
from app.budgets.gate import Gate
from app.budgets.standing import Overview, Standing, overview
from app.database.engine import AsyncDatabase
from app.gauges import exported, gauge
from app.ledger.calendar import PERIODS
from telemetry import catalog

if TYPE_CHECKING:
    from telemetry import Telemetry

_SECONDS_BETWEEN: Final = 5.0
_STALE_SECONDS: Final = 30.0
_USD: Final = 1e9


class BudgetSeries(Collector):
    """Shows the last look at all budgets; nothing once that is stale, for an old figure would pass for a true one."""

    def __init__(self, database: AsyncDatabase, gate: Gate, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._gate = gate
        self._rest = Rest(_STALE_SECONDS, clock)
        self._seen: Overview | None = None

    async def refresh(self) -> None:
        """Look if it is time to; nothing is shown after a look that failed."""
        if self._rest.is_over:
            with self._rest.reading():
                self._seen = await self._database.read(overview, self._gate.of_settings, self._gate.zone)

    def collect(self) -> Iterable[Metric]:
        seen = self._seen
        if seen is None or not self._rest.is_fresh:
            return
        service = {period: seen.budgets.service(period) for period in PERIODS}
        yield _amounts(
            catalog.BUDGET, {period: None if found is None else found.limit for period, found in service.items()}
        )
        yield _amounts(
            catalog.BUDGET_HARD, {period: None if found is None else found.hard for period, found in service.items()}
        )
        yield _amounts(catalog.COST_FORECAST, {period: seen.forecast(period) for period in PERIODS})
        yield gauge(catalog.COST_RESERVED, {(): seen.total_reserved().nanousd / _USD})
        nearest = _nearest(seen)
        used = {(one.customer or "", one.budget.period): one.used_ratio for one in nearest}
        ahead = {(one.customer or "", one.budget.period): one.forecast_ratio for one in nearest}
        yield gauge(
            catalog.CUSTOMER_BUDGET_USED, {labels: value for labels, value in used.items() if value is not None}
        )
        yield gauge(
            catalog.CUSTOMER_BUDGET_FORECAST, {labels: value for labels, value in ahead.items() if value is not None}
        )


def _amounts(metric: catalog.Metric, nanousd: Mapping[str, int | None]) -> GaugeMetricFamily:
    return gauge(metric, {(period,): amount / _USD for period, amount in nanousd.items() if amount is not None})


def _nearest(seen: Overview) -> list[Standing]:
    """Return as many standings as the catalog allows customers, those nearest to their limit or furthest beyond it."""
    judged = [one for one in seen.customers() if one.used_ratio is not None]
    judged.sort(key=lambda one: max(one.used_ratio or 0.0, one.forecast_ratio or 0.0), reverse=True)
    return judged[: catalog.CUSTOMER_BUDGET_USED.bound]


def budget_series(
    database: AsyncDatabase, gate: Gate, telemetry: Telemetry
) -> AbstractAsyncContextManager[BudgetSeries]:
    """Export the series while the block lasts."""
    series = BudgetSeries(database, gate)
    return exported(series, series.refresh, _SECONDS_BETWEEN, telemetry, name="read budgets")
