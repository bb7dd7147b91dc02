"""Energy of the work, what it costs and what it emits: beside the cost of devices, never in it."""

from __future__ import annotations

from typing import Final

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import bargauge, stat, timeseries
from telemetry import catalog
from telemetry.catalog import Metric

#: Watt hours are shown, as people pay for them: their unit scales itself, from a job's to a month's.
WATT_HOUR: Final = 3600
NOT_TOLD = "No device tells its energy, or no job has ended"
NO_PRICE = "No price of energy is set: PLAINVIEW_ENERGY_USD_PER_KWH"
NO_CARBON = "No carbon intensity is set: PLAINVIEW_ENERGY_GCO2_PER_KWH"


def used(width: int = 8) -> Panel:
    about = About(
        "Energy of jobs this month",
        "Energy of cards while jobs ran: measured by the card's counter, or estimated by samples of its power where it has none.",
        unit="watth",
        empty=NOT_TOLD,
    )
    month = q.select(catalog.ENERGY_PERIOD, 'period="month"')
    return stat(about, Query(f"max by (source) ({month}) / {WATT_HOUR}", "by {{source}}"), decimals=2, width=width)


def cost(width: int = 8) -> Panel:
    about = About(
        "Cost of energy",
        "What that energy costs at the price that is set now. On rented devices it is in their price already: it is not added to any cost.",
        unit="currencyUSD",
        empty=NO_PRICE,
    )
    return _periods(about, catalog.ENERGY_COST_PERIOD, None, width)


def carbon(width: int = 8) -> Panel:
    about = About(
        "CO2 of energy",
        "What that energy emitted at the carbon intensity that is set now.",
        unit="massg",
        empty=NO_CARBON,
    )
    return _periods(about, catalog.ENERGY_CO2_PERIOD, 2, width)


def by_operation(width: int = 8) -> Panel:
    about = About(
        "Energy by operation",
        "Energy of work in the hour before each point, measured or estimated. It rises with the work; for the same work it should not.",
        unit="watth",
        empty=NOT_TOLD,
    )
    expr = f"{q.counted(q.select(catalog.GPU_WORK_ENERGY), '1h', 'operation', 'source')}\n/ {WATT_HOUR}"
    return timeseries(about, Query(expr, "{{operation}} by {{source}}"), style="stacked", decimals=2, width=width)


def by_customer(width: int = 8) -> Panel:
    about = About(
        "Energy by customer this month",
        "The ten customers whose jobs used most energy this month, from the ledger.",
        unit="watth",
        empty=NOT_TOLD,
    )
    month = q.select(catalog.ENERGY_CUSTOMER_PERIOD, 'period="month"')
    expr = f"topk(10, max by (customer) ({month}) / {WATT_HOUR} > 0)"
    return bargauge(about, Query(expr, "{{customer}}"), decimals=2, width=width)


def of_cards(width: int = 8) -> Panel:
    about = About(
        "Energy of cards and of jobs",
        "Energy of all cards and that of the jobs on them, in the hour before each point. Between the lines is what idle cards drew.",
        unit="watth",
        empty="No card tells its energy",
    )
    cards = f"sum({q.per_card(f'increase({catalog.GPU_ENERGY.name}[1h])')}) / {WATT_HOUR}"
    work = f"{q.counted(q.select(catalog.GPU_WORK_ENERGY), '1h')}\n/ {WATT_HOUR}"
    return timeseries(about, Query(cards, "cards"), Query(work, "jobs"), style="lines", decimals=2, width=width)


def _periods(about: About, metric: Metric, decimals: int | None, width: int) -> Panel:
    return stat(
        about,
        Query(q.period(metric, "day"), "today"),
        Query(q.period(metric, "month"), "this month"),
        decimals=decimals,
        width=width,
    )
