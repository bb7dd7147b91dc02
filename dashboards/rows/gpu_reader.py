"""Whether the readings themselves are all right: how old, how slow, and what is missing."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, table, timeseries
from dashboards.rows.gpu import NO_CARD
from telemetry import catalog


def age() -> Panel:
    about = About(
        "Age of the readings",
        "Time since the cards were last read in full, by worker. Once it is too old for a reading to be shown the panels above end; above the line GpuReadingsStale fires.",
        unit="s",
        empty="No card was ever read here",
    )
    return timeseries(
        about,
        Query(f"max by (instance) ({catalog.GPU_SNAPSHOT_AGE.name})", "{{instance}}"),
        Query(q.threshold("GpuReadingsStale"), "alert above"),
    )


def read_time() -> Panel:
    about = About(
        "Time of one reading",
        "How long reading all cards took. Above the reading interval of a second the driver is struggling.",
        unit="s",
        empty=NO_CARD,
    )
    return timeseries(about, Query(f"max by (instance) ({catalog.GPU_READ_DURATION.name})", "{{instance}}"))


def read_errors() -> Panel:
    about = About(
        "Failed readings",
        "Calls to the driver that failed, in the hour before each point; what a card does not support is not an error. 0 while cards answer and none failed.",
        unit="short",
        empty="No card answers, and no call has failed",
    )
    failed = q.counted(q.select(catalog.GPU_READ_ERRORS), "1h", "call", "error")
    none = f"0 * count({q.answering()}) unless on () ({q.counted(q.select(catalog.GPU_READ_ERRORS), '1h')} > 0)"
    return timeseries(about, Query(failed, "{{call}} {{error}}"), Query(none, "none"), style="bars", decimals=0)


def missing() -> Panel:
    about = About(
        "Readings not given",
        "What cards do not give now, and why: not supported by card or driver, failed just now, nothing to report yet, or the card lost or stale as a whole. Failed, lost and stale are faults.",
        unit="short",
        empty="Every card gives every reading, or no card is read",
    )
    states = q.by_card(catalog.GPU_READING_MISSING.name, labels=("reading", "state"))
    columns = (("state", "Why"), ("reading", "Reading"), ("model", "Model"), ("Value", "Cards"))
    texts = {
        "not_supported": ("not supported", look.MUTED),
        "failed": ("failed", look.BAD),
        "absent": ("nothing yet", look.MUTED),
        "lost": ("card lost", look.BAD),
        "stale": ("stale", look.BAD),
    }
    expr = f"topk(25, count by (state, reading, model) (\n{states}\n))"
    return table(about, Query(expr), columns, texts={"state": texts}, width=16, height=8)


def stand_in() -> Panel:
    about = About(
        "Devices that ran jobs",
        "Device seconds of the last day by kind of device. `cpu` means that the CPU stood in for a GPU.",
        unit="s",
        empty="No jobs yet",
    )
    expr = q.counted(q.select(catalog.JOB_GPU_SECONDS), "1d", "device")
    return stat(about, Query(expr, "{{device}}"), decimals=0, width=8, height=8)
