"""Series of budgets: bounded, current, and absent rather than wrong."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from app.budgets import rows
from app.budgets.series import BudgetSeries
from app.database.engine import Database
from app.ledger.timeline import NANO
from app.services import Services
from telemetry import catalog
from tests.app.budgets.conftest import CENT, Spend, Wait


@pytest.fixture
def series(services: Services) -> BudgetSeries:
    # By a clock that stands, no reading takes long.
    return BudgetSeries(services.database, services.budgets, clock=lambda: 0.0)


def exposed(series: BudgetSeries) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(series)
    return registry


async def test_series_show_the_service_s_budget_and_who_is_nearest_to_theirs(
    series: BudgetSeries, database: Database, spend: Spend, wait: Wait
) -> None:
    def prepare() -> None:
        database.write(rows.put, ("service", "", "month"), soft=NANO, hard=2 * NANO, by="test")
        database.write(rows.put, ("customer", "acme", "day"), soft=None, hard=10 * CENT, by="test")
        spend(4 * CENT)
        spend(CENT, "without a budget")
        wait(3 * CENT)

    await asyncio.to_thread(prepare)
    await series.refresh()
    value = exposed(series).get_sample_value
    assert value("budget_usd", {"period": "day"}) == 10
    assert value("budget_hard_usd", {"period": "day"}) is None
    assert (value("budget_usd", {"period": "month"}), value("budget_hard_usd", {"period": "month"})) == (1, 2)
    assert value("cost_reserved_usd") == 0.03
    assert value("customer_budget_used_ratio", {"customer": "acme", "period": "day"}) == 0.4
    assert value("customer_budget_used_ratio", {"customer": "without a budget", "period": "day"}) is None


async def test_customers_without_end_show_those_nearest_to_their_budget(
    series: BudgetSeries, database: Database, spend: Spend
) -> None:
    bound = catalog.CUSTOMER_BUDGET_USED.bound

    def prepare() -> None:
        database.write(rows.put, ("default", "", "day"), soft=None, hard=100 * CENT, by="test")
        for number in range(bound + 10):
            spend(number * CENT, f"c{number}")

    await asyncio.to_thread(prepare)
    await series.refresh()
    (family,) = (one for one in exposed(series).collect() if one.name == "customer_budget_used_ratio")
    shown = {sample.labels["customer"] for sample in family.samples}
    assert shown == {f"c{number}" for number in range(10, bound + 10)}


async def test_customer_that_may_spend_nothing_has_no_ratio(series: BudgetSeries, database: Database) -> None:
    await asyncio.to_thread(database.write, rows.put, ("customer", "a", "day"), soft=None, hard=0, by="test")
    await series.refresh()
    assert exposed(series).get_sample_value("customer_budget_used_ratio", {"customer": "a", "period": "day"}) is None


async def test_series_vanish_when_the_database_fails(series: BudgetSeries, database: Database) -> None:
    await series.refresh()
    gone = text("ALTER TABLE budget RENAME TO gone")
    await asyncio.to_thread(database.write, lambda connection: connection.execute(gone))
    with pytest.raises(Exception, match="no such table"):
        await series.refresh()
    assert list(exposed(series).collect()) == []
