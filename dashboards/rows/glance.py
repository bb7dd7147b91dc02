"""The top row: is the service all right?"""

from __future__ import annotations

from dashboards import look, recorded
from dashboards import queries as q
from dashboards.model import About, Panel, Query, Row
from dashboards.panels import gauge, stat
from telemetry import catalog

NO_REQUESTS = "No requests in 5 minutes"


def row() -> Row:
    return Row(
        "Is the service all right?",
        (service(), errors(), latency(), jobs(), success(), cost(), budget(), alerts()),
    )


def service(width: int = 3) -> Panel:
    about = About(
        "Service",
        "Whether Prometheus reaches the service. Down means that every request fails; look at the log of `api`.",
        unit="none",
        empty="Not scraped yet",
    )
    texts = {"0": ("Down", look.BAD), "1": ("Up", look.GOOD)}
    return stat(about, Query('min(up{job="api"})', "service"), steps=look.LOW_IS_BAD, texts=texts, width=width)


def errors(width: int = 3) -> Panel:
    about = About(
        "Error ratio",
        "Share of answers in 5 minutes that were server errors (5xx). Above 5 % the alert ApiErrorRateHigh fires.",
        unit="percentunit",
        empty=NO_REQUESTS,
    )
    return stat(
        about, Query(recorded.ERROR_RATIO.name, "errors"), steps=look.rising(0.01, 0.05), decimals=1, width=width
    )


def latency(width: int = 3) -> Panel:
    about = About(
        "Request time p95",
        "95 of 100 requests of the last 5 minutes were faster. Over a second callers notice.",
        unit="s",
        empty=NO_REQUESTS,
    )
    expr = q.quantile(0.95, catalog.HTTP_REQUEST_DURATION, matchers=q.SERVICE, window="5m")
    return stat(about, Query(expr, "p95"), steps=look.rising(0.5, 1.0), width=width)


def jobs() -> Panel:
    about = About(
        "Jobs now",
        "Jobs running and queued. A queue that grows while nothing runs means that no worker takes jobs.",
        unit="short",
        empty="Not scraped yet",
    )
    return stat(
        about,
        Query(q.latest(catalog.JOB_RUNNING), "running"),
        Query(q.latest(catalog.JOB_QUEUE_DEPTH), "queued"),
        decimals=0,
        link="plainview-jobs",
    )


def success(width: int = 3) -> Panel:
    about = About(
        "Jobs succeeded",
        "Share of the jobs finished in the last hour that succeeded; cancelled jobs do not count. Below 95 % look at the job log.",
        unit="percentunit",
        empty="No jobs finished in an hour",
    )
    return stat(
        about,
        Query(q.success_ratio("1h"), "succeeded"),
        steps=look.falling(0.8, 0.95),
        decimals=1,
        link="plainview-jobs",
        width=width,
    )


def cost() -> Panel:
    about = About(
        "Cost today",
        "Device time of all jobs since midnight (in the configured time zone) times its price.",
        unit="currencyUSD",
        empty="Not reported yet",
    )
    return stat(about, Query(q.period(catalog.COST_PERIOD, "day"), "today"), decimals=4)


def budget() -> Panel:
    about = About(
        "Daily budget used",
        "Cost today as a share of the daily budget. At 100 % the alert CostDayOverBudget fires.",
        unit="percentunit",
        empty="No daily budget set",
    )
    expr = f"{q.period(catalog.COST_PERIOD, 'day')}\n/\n({q.period(catalog.BUDGET, 'day')} > 0)"
    return gauge(about, Query(expr, "of budget"), steps=look.rising(0.8, 1.0))


def alerts(width: int = 3) -> Panel:
    about = About(
        "Alerts firing",
        "Alerts that fire now, the watchdog apart. Anything but 0 has a runbook.",
        unit="short",
        empty="Rules are not evaluated",
    )
    # The watchdog always fires: without it nobody evaluates the rules, and 0 would be a lie.
    firing = 'count(ALERTS{alertstate="firing",alertname!="Watchdog"})'
    watched = '0 * count(ALERTS{alertstate="firing",alertname="Watchdog"})'
    return stat(about, Query(f"{firing}\nor\n{watched}", "firing"), steps=look.ZERO_IS_GOOD, decimals=0, width=width)
