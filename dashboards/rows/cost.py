"""Money: today, this month, by kind, by customer, per job and per second of video."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query, Row
from dashboards.panels import bargauge, stat, timeseries
from telemetry import catalog

NO_COST = "No job has run yet"
#: What jobs cost; a card also costs while it is idle, and while a worker starts and ends.
OF_JOBS = q.select(catalog.COST, 'kind!~"idle|overhead"')


def row() -> Row:
    return Row("Cost", (periods(6, 8), rate(10), by_customer()))


def periods(width: int = 6, height: int = 4) -> Panel:
    about = About(
        "Cost today and this month",
        "Device time of jobs times its price, summed from the ledger over the calendar day and month.",
        unit="currencyUSD",
        empty="Not reported yet",
    )
    return stat(
        about,
        Query(q.period(catalog.COST_PERIOD, "day"), "today"),
        Query(q.period(catalog.COST_PERIOD, "month"), "this month"),
        link="plainview-cost",
        width=width,
        height=height,
    )


def price() -> Panel:
    about = About(
        "Price of a device hour",
        "What one hour of a device is charged at, by kind of device.",
        unit="currencyUSD",
        empty="No worker has started yet",
    )
    return stat(
        about, Query(f"max by (device) ({catalog.GPU_PRICE.name}) * 3600", "{{device}}"), decimals=3, width=4, height=8
    )


def rate(width: int = 8, height: int = 8) -> Panel:
    about = About(
        "Cost by kind",
        "USD in the hour before each point. Retry and failed are money without a result; idle and overhead are paid while no job runs.",
        unit="currencyUSD",
        empty=NO_COST,
    )
    expr = q.counted(q.select(catalog.COST), "1h", "kind")
    return timeseries(about, Query(expr, "{{kind}}"), style="stacked", decimals=4, width=width, height=height)


def by_customer(width: int = 8) -> Panel:
    about = About(
        "Cost by customer",
        "USD of the last day, the ten customers with the most. One that leaps ahead of the others is worth a look.",
        unit="currencyUSD",
        empty=NO_COST,
    )
    spent = q.counted(q.select(catalog.COST_ATTRIBUTED), "1d", "customer")
    return bargauge(about, Query(f"topk(10, {spent})", "{{customer}}"), decimals=4, width=width)


def per_job(width: int = 8) -> Panel:
    about = About(
        "Cost per job",
        "What jobs cost, retries and failures included, for each one that succeeded: in the last hour and in the last day. An hour above its day means slower jobs or more waste.",
        unit="currencyUSD",
        empty="No job succeeded in a day",
    )
    succeeded = q.select(catalog.JOB_FINISHED, 'outcome="succeeded"')
    return timeseries(about, *_for_each(succeeded), style="lines", decimals=5, width=width)


def per_output_second(width: int = 8) -> Panel:
    about = About(
        "Cost per second of video",
        "What jobs cost, all waste included, for each second of video made: in the last hour and in the last day. It does not rise with longer videos.",
        unit="currencyUSD",
        empty="No video made in a day",
    )
    return timeseries(about, *_for_each(q.select(catalog.JOB_OUTPUT_SECONDS)), style="lines", decimals=6, width=width)


def waste(width: int = 4) -> Panel:
    about = About(
        "Cost without result",
        "Share of what jobs cost in the last day that went into retries, failed and cancelled jobs. Above 10 % look at the failures.",
        unit="percentunit",
        empty=NO_COST,
    )
    wasted = q.counted(q.select(catalog.COST, 'kind=~"retry|failed|cancelled"'), "1d")
    expr = q.ratio(wasted, q.counted(OF_JOBS, "1d"))
    return stat(about, Query(expr, "without result"), steps=look.rising(0.1, 0.25), decimals=1, width=width)


def _for_each(counter: str) -> tuple[Query, ...]:
    """Return what jobs cost for each unit that `counter` counts, in an hour and in a day."""
    return tuple(
        Query(f"{q.counted(OF_JOBS, window)}\n/\n({q.counted(counter, window)} > 0)", legend)
        for window, legend in (("1d", "of the last day"), ("1h", "of the last hour"))
    )
