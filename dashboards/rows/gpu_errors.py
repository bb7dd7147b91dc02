"""What is wrong with the cards, or with reading them."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import timeseries
from dashboards.rows.gpu import NO_GPU, NOT_SUPPORTED
from telemetry import catalog


def clock_events() -> Panel:
    about = About(
        "Reasons that hold the clocks down",
        "1 while the reason is active, stacked by card. gpu_idle is harmless; thermal and power brake reasons are not.",
        unit="short",
        empty="Nothing holds the clocks down, or no GPU on this host",
    )
    expr = q.by_card(catalog.GPU_CLOCK_EVENT.name, labels=("reason",))
    return timeseries(about, Query(f"({expr}) > 0", "GPU {{index}} {{reason}}"), style="stacked", decimals=0)


def ecc() -> Panel:
    about = About(
        "Memory errors",
        "ECC errors since the driver was loaded. Any uncorrected error means wrong results: drain the card and reset it.",
        unit="short",
        empty=NOT_SUPPORTED,
    )
    expr = q.by_card(catalog.GPU_ECC_ERRORS.name, labels=("type",))
    return timeseries(about, Query(expr, "GPU {{index}} {{type}}"), decimals=0, width=12)


def xid() -> Panel:
    about = About(
        "XID errors",
        "Errors that the driver reported in the hour before each point, by XID. 48, 79, 94 and 95 are the card; 13 and 31 are usually the job.",
        unit="short",
        empty="None so far, or no GPU on this host",
    )
    expr = q.counted(q.select(catalog.GPU_XID_ERRORS), "1h", "gpu_uuid", "xid")
    named = f"{expr}\n* on (gpu_uuid) group_left (index, model)\n{q.card_facts()}"
    return timeseries(about, Query(named, "GPU {{index}} XID {{xid}}"), style="bars", decimals=0, width=12)


def read_errors() -> Panel:
    about = About(
        "Failed readings",
        "Calls to the driver that failed, in the hour before each point; what a card does not support is not an error.",
        unit="short",
        empty="None so far",
    )
    expr = q.counted(q.select(catalog.GPU_READ_ERRORS), "1h", "call", "error")
    return timeseries(about, Query(expr, "{{call}} {{error}}"), style="bars", decimals=0, width=12)


def read_time() -> Panel:
    about = About(
        "Time of one reading",
        "How long reading all cards took. Above the reading interval of a second the driver is struggling.",
        unit="s",
        empty=NO_GPU,
    )
    return timeseries(about, Query(f"max by (instance) ({catalog.GPU_READ_DURATION.name})", "{{instance}}"), width=12)
