"""What the provider charges beside what is metered, and whether what was foretold came true."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, timeseries
from telemetry import catalog
from telemetry.catalog import Metric

NO_PROVIDER = (
    "No bill is read: set PLAINVIEW_BILL_PROVIDER, as docs/SETTINGS.md tells; or the provider has not answered"
)
QUANTILES = ((0.5, "p50"), (0.9, "p90"))


def charged(width: int = 6) -> Panel:
    about = About(
        "Bill of the provider",
        "What the provider of the GPUs charged in the calendar day and month. It is more than what devices were metered at by storage and other uses of the account.",
        unit="currencyUSD",
        empty=NO_PROVIDER,
    )
    expr = f"max by (provider, period) ({catalog.PROVIDER_BILL.name})"
    return stat(about, Query(expr, "{{provider}} {{period}}"), decimals=2, width=width, height=8)


def compared(width: int = 12) -> Panel:
    about = About(
        "Bill and metered cost of the month",
        "The bill beside what devices were metered at, idle time and cold starts included. Where they part is money that nothing here explains: the alert BillDiffers tells of it.",
        unit="currencyUSD",
        empty=NO_PROVIDER,
    )
    bill = q.select(catalog.PROVIDER_BILL, 'period="month"')
    return timeseries(
        about,
        Query(f"sum(max by (provider) ({bill}))", "bill"),
        Query(q.period(catalog.PAID_PERIOD, "month"), "metered"),
        style="lines",
        decimals=2,
        width=width,
    )


def unpriced(width: int = 8) -> Panel:
    about = About(
        "Time without a price",
        "Seconds of the last day on cards whose price is not known. They cost money that no figure here has; the alert CostUnknown fires.",
        unit="s",
        empty="Each card that worked has a price",
    )
    expr = q.counted(q.select(catalog.GPU_UNPRICED), "1d", "device_name")
    return timeseries(about, Query(expr, "{{device_name}}"), width=width)


def quotes() -> Panel:
    return _foretold(
        "Quotes that came true",
        "Device seconds that a job took, over those quoted, in an hour. 1 is a quote that came true; at 2 the job cost twice what its customer was told.",
        catalog.JOB_QUOTE_RATIO,
    )


def etas(width: int = 8) -> Panel:
    return _foretold(
        "Predicted ends that came true",
        "Time from submit to end over the time foretold, in an hour. 1 came true; above it customers waited longer than they were told.",
        catalog.JOB_ETA_RATIO,
        width,
    )


def _foretold(title: str, description: str, metric: Metric, width: int = 8) -> Panel:
    about = About(title, description, unit="none", empty="No job ended in an hour for which it was foretold")
    lines = (Query(q.quantile(value, metric, window="1h"), legend, exemplars=True) for value, legend in QUANTILES)
    return timeseries(about, *lines, top=2, decimals=2, width=width)
