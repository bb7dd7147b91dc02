"""The service's money of today and of this month, against what is budgeted for it."""

from __future__ import annotations

from typing import Literal

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import bargauge, stat, timeseries
from telemetry import catalog

NO_BUDGET = "No budget is set: ./plainview budgets set day --soft 10"
Period = Literal["day", "month"]


def used(width: int = 5) -> Panel:
    about = About(
        "Budget used",
        "Cost so far as a share of the budget of the calendar day and month. Over 80 % an alert warns, over 100 % the budget is spent.",
        unit="percentunit",
        empty=NO_BUDGET,
    )
    return stat(
        about,
        Query(_share("day"), "today"),
        Query(_share("month"), "this month"),
        steps=look.rising(0.8, 1.0),
        decimals=1,
        width=width,
    )


def forecast(width: int = 5) -> Panel:
    about = About(
        "Forecast",
        "What the calendar day and month will have cost if it goes on like this, counted from the first job on. In the first tenth of that time there is none.",
        unit="currencyUSD",
        empty="Too early in the day and the month",
    )
    return stat(
        about,
        Query(q.period(catalog.COST_FORECAST, "day"), "today"),
        Query(q.period(catalog.COST_FORECAST, "month"), "this month"),
        width=width,
    )


def customers(width: int = 8) -> Panel:
    about = About(
        "Customers by budget used",
        "The ten customers nearest to their budget or furthest beyond it, of the day or the month. At 100 % their jobs are refused where the budget is hard.",
        unit="percentunit",
        empty="No customer has a budget",
    )
    expr = f"topk(10, max by (customer, period) ({catalog.CUSTOMER_BUDGET_USED.name}))"
    by_customer = Query(expr, "{{customer}}, {{period}}")
    return bargauge(about, by_customer, steps=look.rising(0.8, 1.0), top=1, decimals=1, width=width)


def day(width: int = 8) -> Panel:
    return _course(
        "Cost of the day",
        "Cost since midnight, where it leads by the next, and the budget. A line that gets steeper spends faster.",
        "day",
        width,
    )


def month(width: int = 8) -> Panel:
    return _course(
        "Cost of the month",
        "Cost since the month began, where it leads by its end, and the budget. A longer range of time shows the whole of it.",
        "month",
        width,
    )


def _course(title: str, description: str, period: Period, width: int) -> Panel:
    about = About(title, description, unit="currencyUSD", empty="Not reported yet")
    return timeseries(
        about,
        Query(q.period(catalog.COST_PERIOD, period), "spent"),
        Query(q.period(catalog.COST_FORECAST, period), "forecast"),
        Query(q.period(catalog.BUDGET, period), "budget"),
        Query(q.period(catalog.BUDGET_HARD, period), "refused above"),
        style="lines",
        width=width,
    )


def _share(period: Period) -> str:
    return f"{q.period(catalog.COST_PERIOD, period)}\n/\n({q.period(catalog.BUDGET, period)} > 0)"
