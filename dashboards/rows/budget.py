"""The service's money of today and of this month, against what is budgeted for it."""

from __future__ import annotations

from typing import Literal

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, timeseries
from telemetry import catalog

NO_BUDGET = "No budget is set: PLAINVIEW_BUDGET_DAY_USD and PLAINVIEW_BUDGET_MONTH_USD"
Period = Literal["day", "month"]


def used(width: int = 6) -> Panel:
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


def day(width: int = 12) -> Panel:
    return _course(
        "Cost of the day",
        "Cost since midnight, back to 0 at the next, with the day's budget. A line that gets steeper spends faster.",
        "day",
        width,
    )


def month(width: int = 12) -> Panel:
    return _course(
        "Cost of the month",
        "Cost since the month began, with the month's budget. Choose a longer range of time to see the whole of it.",
        "month",
        width,
    )


def _course(title: str, description: str, period: Period, width: int) -> Panel:
    about = About(title, description, unit="currencyUSD", empty="Not reported yet")
    return timeseries(
        about,
        Query(q.period(catalog.COST_PERIOD, period), "spent"),
        Query(q.period(catalog.BUDGET, period), "budget"),
        style="lines",
        decimals=4,
        width=width,
    )


def _share(period: Period) -> str:
    return f"{q.period(catalog.COST_PERIOD, period)}\n/\n({q.period(catalog.BUDGET, period)} > 0)"
