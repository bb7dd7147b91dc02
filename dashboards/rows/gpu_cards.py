"""What cards there are, whether they answer, and how fresh their readings are."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, table
from dashboards.rows.gpu import NO_GPU
from telemetry import catalog


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
