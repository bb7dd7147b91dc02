"""What devices were paid for, and who and what the money went to: today's and this month's sums of the ledger."""

from __future__ import annotations

from typing import Literal

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import bargauge, stat, timeseries
from telemetry import catalog
from telemetry.catalog import Metric

NOTHING_SPENT = "No job has cost anything in this time"
NOT_HELD = "No worker has held a device yet"
UNHELD = 'kind=~"idle|overhead"'


def paid(width: int = 4) -> Panel:
    about = About(
        "Paid for devices",
        "What devices cost in the calendar day and month, idle and starting ones included. Far above the cost of jobs, much is paid for nothing.",
        unit="currencyUSD",
        empty="Not reported yet",
    )
    return stat(
        about,
        Query(q.period(catalog.PAID_PERIOD, "day"), "today"),
        Query(q.period(catalog.PAID_PERIOD, "month"), "this month"),
        width=width,
        height=10,
    )


def in_use(width: int = 4) -> Panel:
    about = About(
        "Paid time in use",
        "Share of today's money for devices that jobs used; the rest was idle, starting or draining. Below half, fewer workers would do.",
        unit="percentunit",
        empty=NOT_HELD,
    )
    everything = _kinds('period="day"')
    expr = q.ratio(_kinds('period="day",kind!~"idle|overhead"'), everything)
    return stat(about, Query(expr, "in use"), steps=look.falling(0.2, 0.5), decimals=1, width=width)


def shares(width: int = 8) -> Panel:
    about = About(
        "Where the money of the day goes",
        "Today's money for devices by kind, exactly, from the ledger. Job is what was wanted; all else is time without a result.",
        unit="currencyUSD",
        empty=NOT_HELD,
    )
    today = q.select(catalog.PAID_KIND_PERIOD, 'period="day"')
    return bargauge(about, Query(f"sort_desc(max by (kind) ({today}) > 0)", "{{kind}}"), width=width, height=10)


def use(width: int = 12) -> Panel:
    about = About(
        "Use of paid time",
        "Share of what devices cost in the hour before each point that jobs used, and that ended in a result. Between the lines is waste, above them idle time.",
        unit="percentunit",
        empty=NOT_HELD,
    )
    paid_for = q.counted(q.select(catalog.COST), "1h")
    used = q.counted(q.select(catalog.COST, 'kind!~"idle|overhead"'), "1h")
    wanted = q.counted(q.select(catalog.COST, 'kind="job"'), "1h")
    return timeseries(
        about,
        Query(q.ratio(used, paid_for), "used"),
        Query(q.ratio(wanted, paid_for), "with a result"),
        style="lines",
        top=1,
        decimals=1,
        width=width,
    )


def idle(width: int = 12) -> Panel:
    about = About(
        "Time since the last job",
        "How long no job has held the device of each worker. A real card above the line is paid for nothing: the alert GpuIdlePaid fires.",
        unit="s",
        empty="No worker is ready yet",
    )
    expr = f"max by (instance, device) ({catalog.GPU_IDLE.name})"
    return timeseries(
        about,
        Query(expr, "{{instance}} ({{device}})"),
        Query(q.threshold("GpuIdlePaid"), "alert above"),
        style="lines",
        width=width,
    )


def customers(period: Literal["day", "month"], width: int = 8) -> Panel:
    when = {"day": "today", "month": "this month"}[period]
    about = About(
        f"Customers {when}",
        f"The ten customers whose jobs cost most {when}, exactly, from the ledger. One that leaps ahead of the others is worth a look.",
        unit="currencyUSD",
        empty=NOTHING_SPENT,
    )
    return bargauge(about, Query(_most(catalog.COST_CUSTOMER_PERIOD, "customer", period), "{{customer}}"), width=width)


def models(width: int = 8) -> Panel:
    about = About(
        "Models this month",
        "What the jobs of each model cost this month, exactly, from the ledger. A new model that costs more than the old one shows here.",
        unit="currencyUSD",
        empty=NOTHING_SPENT,
    )
    return bargauge(about, Query(_most(catalog.COST_MODEL_PERIOD, "model", "month"), "{{model}}"), width=width)


def _most(metric: Metric, label: str, period: str) -> str:
    matcher = f'period="{period}"'
    return f"topk(10, max by ({label}) ({q.select(metric, matcher)}) > 0)"


def _kinds(matchers: str) -> str:
    return f"sum(max by (kind) ({q.select(catalog.PAID_KIND_PERIOD, matchers)}))"
