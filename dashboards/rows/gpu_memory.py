"""The memory of the work: what a model needs, what it keeps, and what it ended of."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import timeseries
from dashboards.rows.gpu import CARD
from telemetry import catalog

NO_WORK = "No model has worked yet; the CPU's work counts too, by the memory of its process"


def of_models() -> Panel:
    about = About(
        "Memory of models",
        "Memory once the model was loaded, and after its last piece of work. The distance between the two is what stays: it levels off, or it is a leak.",
        unit="bytes",
        empty=NO_WORK,
    )
    labels = ("model", "device", "source")
    return timeseries(
        about,
        Query(f"max{q.by(labels)} ({catalog.MODEL_MEMORY_BASELINE.name})", "{{model}} {{device}} {{source}} loaded"),
        Query(f"max{q.by(labels)} ({catalog.MODEL_MEMORY_AFTER.name})", "{{model}} {{device}} {{source}} after work"),
        style="lines",
    )


def leak() -> Panel:
    about = About(
        "Growth with each piece of work",
        "Bytes by which the memory after work grows each time. Above the line the alert MemoryLeak fires; memory that shrinks is below the axis.",
        unit="bytes",
        empty=f"Too few pieces of work for a slope. {NO_WORK}",
    )
    labels = ("model", "device", "source")
    return timeseries(
        about,
        Query(f"max{q.by(labels)} ({catalog.MODEL_MEMORY_LEAK.name})", "{{model}} {{device}} {{source}}"),
        Query(q.threshold("MemoryLeak"), "alert above"),
        style="lines",
    )


def peak() -> Panel:
    about = About(
        "Peak memory of work p90",
        "Nine of ten pieces of work in 15 minutes needed no more at their highest. Near what the card has, the next long input does not fit.",
        unit="bytes",
        empty="No work ended in 15 minutes",
    )
    labels = ("operation", "device", "source")
    expr = q.quantile(0.9, catalog.GPU_WORK_MEMORY_PEAK, *labels, window=q.JOB_WINDOW)
    return timeseries(about, Query(expr, "{{operation}} {{device}} {{source}}"), style="lines")


def torch() -> Panel:
    about = About(
        "Memory of torch",
        "What tensors hold, what torch's allocator keeps, and what lies free in blocks in use. Much of the last is fragmentation: an allocation fails although enough is free.",
        unit="bytes",
        empty="No process uses torch on a card, or none has worked yet",
    )
    parts = (
        (catalog.TORCH_MEMORY_ALLOCATED, "tensors"),
        (catalog.TORCH_MEMORY_RESERVED, "kept"),
        (catalog.TORCH_MEMORY_INACTIVE_SPLIT, "fragmented"),
    )
    return timeseries(
        about,
        *(Query(q.named(q.total(metric.name, "gpu_uuid")), f"{CARD} {name}") for metric, name in parts),
        style="lines",
    )


def exhausted() -> Panel:
    about = About(
        "Out of memory",
        "Pieces of work that ran out of memory in the hour before each point, and what told. One fires the alert WorkerOutOfMemory.",
        unit="short",
        empty="No work has run yet, or no worker is scraped",
    )
    expr = q.counted(q.select(catalog.GPU_OUT_OF_MEMORY), "1h", "operation", "source")
    return timeseries(about, Query(expr, "{{operation}} {{source}}"), decimals=0)


def restarts() -> Panel:
    about = About(
        "Worker restarts",
        "Times in the hour before each point that a worker ended by itself to be started anew, by reason. Each loads its model again, which is paid for.",
        unit="short",
        empty="No worker is scraped",
    )
    expr = q.counted(q.select(catalog.WORKER_RESTARTS), "1h", "reason")
    return timeseries(about, Query(expr, "{{reason}}"), decimals=0)
