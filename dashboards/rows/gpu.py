"""The cards at work: how busy and how full they are."""

from __future__ import annotations

from dashboards import queries as q
from dashboards import recorded
from dashboards.model import About, Panel, Query
from dashboards.panels import Style, timeseries
from telemetry import catalog
from telemetry.catalog import Metric

NO_CARD = "No card is read here; “Reading of the cards” on the GPU dashboard says why"
CARD = "GPU {{index}} {{model}}"


def charted(  # noqa: PLR0913 - each says one thing of the panel
    about: About,
    metrics: tuple[Metric, ...],
    *queries: Query,
    top: float | None = None,
    style: Style = "lines",
    decimals: int | None = None,
    width: int = 8,
) -> Panel:
    """Return a chart of `queries`, and beside them the cards that do not give one of `metrics`, each with its reason."""
    reasons = Query(q.missing(*metrics), f"{CARD}: {{{{state}}}}", reason=True)
    return timeseries(about, *queries, reasons, top=top, style=style, decimals=decimals, width=width)


def reading(  # noqa: PLR0913 - as above
    title: str,
    description: str,
    unit: str,
    metric: Metric,
    *labels: str,
    top: float | None = None,
    decimals: int | None = None,
    width: int = 8,
) -> Panel:
    """Return a chart of one gauge by card, and by `labels` where it has more."""
    legend = " ".join(("GPU {{index}}", *(f"{{{{{label}}}}}" for label in labels))) if labels else CARD
    about = About(title, description, unit=unit, empty=NO_CARD)
    lines = Query(q.by_card(metric.name, labels=labels), legend)
    return charted(about, (metric,), lines, top=top, decimals=decimals, width=width)


def utilization(width: int = 8) -> Panel:
    return reading(
        "GPU utilization",
        "Share of time in which a kernel ran; a card in MIG mode does not report it. Low while jobs are queued means that the CPU or the disk holds the card up.",
        "percentunit",
        catalog.GPU_UTILIZATION,
        top=1,
        width=width,
    )


def activity() -> Panel:
    return reading(
        "GPU activity",
        "Share of time in which multiprocessors held work, over all of them (Hopper and later). High utilization with low activity means kernels too small for the card.",
        "percentunit",
        catalog.GPU_SM_ACTIVITY,
        top=1,
    )


def tensor() -> Panel:
    return reading(
        "Tensor core activity",
        "Share of cycles in which the tensor cores worked (Hopper and later). Near 0 while a model runs means that it computes in a format that they do not take.",
        "percentunit",
        catalog.GPU_TENSOR_ACTIVITY,
        top=1,
    )


def bandwidth() -> Panel:
    return reading(
        "GPU memory bandwidth",
        "Share of the bandwidth of device memory in use (Hopper and later). Near the top with idle tensor cores: the job waits for memory, not for arithmetic.",
        "percentunit",
        catalog.GPU_MEMORY_BANDWIDTH,
        top=1,
    )


def engines(width: int = 8) -> Panel:
    about = About(
        "GPU video and image engines",
        "Share of time in which each engine worked, on the card where it worked most. At 100 % video waits for the engine, however idle the rest of the card is.",
        unit="percentunit",
        empty=NO_CARD,
    )
    parts = (
        (catalog.GPU_ENCODER, "encoder"),
        (catalog.GPU_DECODER, "decoder"),
        (catalog.GPU_JPEG, "JPEG"),
        (catalog.GPU_OFA, "optical flow"),
    )
    lines = [Query(f"max({metric.name})", name) for metric, name in parts]
    return charted(about, tuple(metric for metric, _ in parts), *lines, top=1, width=width)


def memory(width: int = 8) -> Panel:
    about = About(
        "GPU memory used",
        "Device memory in use and what the largest card has. Growth from job to job is a leak; at the top the next job runs out of memory.",
        unit="bytes",
        empty=NO_CARD,
    )
    return charted(
        about,
        (catalog.GPU_MEMORY_USED,),
        Query(q.by_card(catalog.GPU_MEMORY_USED.name), CARD),
        Query(f"max({catalog.GPU_MEMORY_TOTAL.name})", "total"),
        width=width,
    )


def memory_share() -> Panel:
    about = About(
        "GPU memory share",
        "Memory in use as a share of what the driver leaves. Above the line the alert GpuMemoryAlmostFull fires: the next allocation may fail.",
        unit="percentunit",
        empty=NO_CARD,
    )
    return charted(
        about,
        (catalog.GPU_MEMORY_USED,),
        Query(q.by_card(recorded.GPU_MEMORY_RATIO.name), CARD),
        Query(q.threshold("GpuMemoryAlmostFull"), "alert above"),
        top=1,
    )


def process_memory(width: int = 8) -> Panel:
    about = About(
        "GPU memory by process",
        "The ten processes with the most, by process id as the host sees it. One that nobody knows took memory that jobs need.",
        unit="bytes",
        empty="Not asked for: PLAINVIEW_GPU_PROCESSES is not set; or no process holds memory",
    )
    held = q.by_card(catalog.GPU_PROCESS_MEMORY.name, labels=("pid", "type"))
    return timeseries(about, Query(f"topk(10, {held})", "GPU {{index}} process {{pid}} {{type}}"), width=width)


def instance_memory() -> Panel:
    about = About(
        "MIG memory share",
        "Memory in use in each GPU instance of a card in MIG mode. A full instance fails its own jobs while the card as a whole has room.",
        unit="percentunit",
        empty="No card is in MIG mode, or none is read",
    )
    labels = ("gpu_instance_id",)
    used = q.per_card(catalog.GPU_INSTANCE_MEMORY_USED.name, *labels)
    total = q.per_card(catalog.GPU_INSTANCE_MEMORY_TOTAL.name, *labels)
    expr = q.named(f"({used} / ({total} > 0))")
    reasons = q.missing(catalog.GPU_INSTANCE_MEMORY_USED)
    return timeseries(
        about,
        Query(expr, "GPU {{index}} instance {{gpu_instance_id}}"),
        Query(reasons, f"{CARD}: {{{{state}}}}", reason=True),
        top=1,
        width=12,
    )


def instance_activity() -> Panel:
    about = About(
        "MIG activity",
        "Share of time in which multiprocessors of a GPU instance held work: the only utilization there is in MIG mode. Idle instances cost as much as busy ones.",
        unit="percentunit",
        empty="No card is in MIG mode, or none is read",
    )
    expr = q.by_card(catalog.GPU_INSTANCE_SM_ACTIVITY.name, labels=("gpu_instance_id",))
    reasons = q.missing(catalog.GPU_INSTANCE_SM_ACTIVITY)
    return timeseries(
        about,
        Query(expr, "GPU {{index}} instance {{gpu_instance_id}}"),
        Query(reasons, f"{CARD}: {{{{state}}}}", reason=True),
        top=1,
        width=12,
    )
