"""The cards at work: how busy, how full, how hot."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import timeseries
from telemetry import catalog
from telemetry.catalog import Metric

NO_GPU = "No GPU on this host"
NOT_SUPPORTED = "No GPU on this host, or the card does not report it"
CARD = "GPU {{index}} {{model}}"


def utilization(width: int = 8) -> Panel:
    about = About(
        "GPU utilization",
        "Share of time in which a kernel ran. Low while jobs are queued means that the CPU or the disk holds the card up.",
        unit="percentunit",
        empty=NO_GPU,
    )
    return timeseries(about, Query(q.by_card(catalog.GPU_UTILIZATION.name), CARD), top=1, width=width)


def memory(width: int = 8) -> Panel:
    about = About(
        "GPU memory used",
        "Device memory in use and what the card has. Growth from job to job is a leak; at the top the next job runs out of memory.",
        unit="bytes",
        empty=NO_GPU,
    )
    return timeseries(
        about,
        Query(q.by_card(catalog.GPU_MEMORY_USED.name), CARD),
        Query(f"max({catalog.GPU_MEMORY_TOTAL.name})", "total"),
        width=width,
    )


def memory_share() -> Panel:
    about = About(
        "GPU memory share",
        "Memory in use as a share of what the driver leaves. Above 95 % the next allocation may fail.",
        unit="percentunit",
        empty=NO_GPU,
    )
    used = f"max by (gpu_uuid) ({catalog.GPU_MEMORY_USED.name})"
    total = f"max by (gpu_uuid) ({catalog.GPU_MEMORY_TOTAL.name})"
    return timeseries(about, Query(q.by_card(f"{used} / {total}"), CARD), top=1)


def memory_busy() -> Panel:
    return _plain(
        "GPU memory traffic",
        "Share of time in which device memory was read or written, not how full it is. High with low utilization: the job is bound by memory.",
        "percentunit",
        catalog.GPU_MEMORY_BUSY,
        top=1,
    )


def temperature() -> Panel:
    return _plain(
        "GPU temperature",
        "Temperature of the chip. Above 85 °C clocks are cut: check the fans and the room.",
        "celsius",
        catalog.GPU_TEMPERATURE,
    )


def power() -> Panel:
    about = About(
        "GPU power",
        "Power drawn and the limit enforced. At the limit all the time the card is throttled; near idle power while jobs run it waits for something.",
        unit="watt",
        empty=NOT_SUPPORTED,
    )
    return timeseries(
        about,
        Query(q.by_card(catalog.GPU_POWER.name), CARD),
        Query(f"max({catalog.GPU_POWER_LIMIT.name})", "limit"),
    )


def energy() -> Panel:
    about = About(
        "GPU energy",
        "Energy used in the hour before each point, from the card's own counter.",
        unit="joule",
        empty=NOT_SUPPORTED,
    )
    selector = catalog.GPU_ENERGY.name
    return timeseries(about, Query(q.by_card(f"increase({selector}[1h])"), CARD))


def clocks() -> Panel:
    about = About(
        "GPU clocks",
        "Clocks by domain. A drop under load without a drop of demand is throttling; the panel beside names the reason.",
        unit="hertz",
        empty=NOT_SUPPORTED,
    )
    return timeseries(about, Query(q.by_card(catalog.GPU_CLOCK.name, labels=("clock",)), "GPU {{index}} {{clock}}"))


def _plain(title: str, description: str, unit: str, metric: Metric, *, top: float | None = None) -> Panel:
    about = About(title, description, unit=unit, empty=NOT_SUPPORTED)
    return timeseries(about, Query(q.by_card(metric.name), CARD), top=top)
