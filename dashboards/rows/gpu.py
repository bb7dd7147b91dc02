"""The cards: what is there, how busy, how full, how hot, and what is wrong."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, table, timeseries
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


def count() -> Panel:
    about = About(
        "Cards",
        "Cards that the workers see, real and simulated ones apart. A simulated card does not exist: its readings are made up for the demonstration.",
        unit="short",
        empty=NO_GPU,
    )
    return stat(
        about,
        Query(q.cards("false"), "real"),
        Query(q.cards("true"), "simulated"),
        decimals=0,
        width=6,
    )


def available() -> Panel:
    about = About(
        "Cards that answer",
        "Share of the cards that answer. Below 100 % a card is lost: the alert GpuLost names it.",
        unit="percentunit",
        empty=NO_GPU,
    )
    per_card = f"min by (gpu_uuid) ({catalog.GPU_AVAILABLE.name})"
    return stat(about, Query(f"avg({per_card})", "answering"), steps=look.falling(0.5, 1.0), decimals=0, width=6)


def reading_age() -> Panel:
    about = About(
        "Age of the readings",
        "Time since the cards were last read in full. Above a minute the figures below are history.",
        unit="s",
        empty=NO_GPU,
    )
    expr = f"time() - min({catalog.GPU_LAST_SUCCESS.name} > 0)"
    return stat(about, Query(expr, "age"), steps=look.rising(10, 60), decimals=0, width=6)


def stand_in() -> Panel:
    about = About(
        "Devices that ran jobs",
        "Device seconds of the last day by kind of device. `cpu` means that the CPU stood in for a GPU.",
        unit="s",
        empty="No jobs yet",
    )
    expr = q.counted(q.select(catalog.JOB_GPU_SECONDS), "1d", "device")
    return stat(about, Query(expr, "{{device}}"), decimals=0, width=6)


def facts() -> Panel:
    about = About(
        "Cards and their state",
        "One line for each card. Not answering means lost: its other series end there. Simulated cards say so.",
        unit="none",
        empty=NO_GPU,
    )
    labels = ("index", "model", "simulated", "driver_version", "cuda_version", "pci_bus_id")
    expr = q.by_card(catalog.GPU_AVAILABLE.name, *labels)
    columns = (
        ("index", "Index"),
        ("model", "Model"),
        ("Value", "State"),
        ("simulated", "Simulated"),
        ("driver_version", "Driver"),
        ("cuda_version", "CUDA"),
        ("pci_bus_id", "PCI bus"),
        ("gpu_uuid", "UUID"),
    )
    texts = {"0": ("Lost", look.BAD), "1": ("Answers", look.GOOD)}
    return table(about, Query(expr), columns, texts=texts)


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


def read_time() -> Panel:
    about = About(
        "Time of one reading",
        "How long reading all cards took. Above the reading interval of a second the driver is struggling.",
        unit="s",
        empty=NO_GPU,
    )
    return timeseries(about, Query(f"max by (instance) ({catalog.GPU_READ_DURATION.name})", "{{instance}}"), width=12)


def read_errors() -> Panel:
    about = About(
        "Failed readings",
        "Calls to the driver that failed, in the hour before each point; what a card does not support is not an error.",
        unit="short",
        empty="None so far",
    )
    expr = q.counted(q.select(catalog.GPU_READ_ERRORS), "1h", "call", "error")
    return timeseries(about, Query(expr, "{{call}} {{error}}"), style="bars", decimals=0, width=12)


def _plain(title: str, description: str, unit: str, metric: Metric, *, top: float | None = None) -> Panel:
    about = About(title, description, unit=unit, empty=NOT_SUPPORTED)
    return timeseries(about, Query(q.by_card(metric.name), CARD), top=top)
