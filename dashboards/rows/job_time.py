"""Where a job's time goes: waiting, running, and in which stage."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import bargauge, heatmap, timeseries
from dashboards.rows.jobs import NO_JOBS, NONE_FINISHED
from telemetry import catalog

QUANTILES = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))


def wait() -> Panel:
    about = About(
        "Queue wait",
        "Time between a job's acceptance and its start, over 15 minutes. Above the run time itself, more workers would help.",
        unit="s",
        empty="No job started yet",
    )
    return timeseries(
        about,
        *(
            Query(q.quantile(value, catalog.JOB_QUEUE_WAIT, window=q.JOB_WINDOW), legend, exemplars=True)
            for value, legend in QUANTILES
        ),
    )


def run_time(width: int = 8) -> Panel:
    about = About(
        "Generation time",
        "Time that successful jobs ran on a worker, over 15 minutes. A slow climb at equal input points at the GPU: look at its clocks.",
        unit="s",
        empty="No job succeeded yet",
    )
    succeeded = 'outcome="succeeded"'
    return timeseries(
        about,
        *(
            Query(
                q.quantile(value, catalog.JOB_DURATION, matchers=succeeded, window=q.JOB_WINDOW), legend, exemplars=True
            )
            for value, legend in QUANTILES
        ),
        width=width,
    )


def stages() -> Panel:
    about = About(
        "Stage time p95",
        "95 of 100 jobs of 15 minutes spent less in the stage. A stage that grows alone is where to look.",
        unit="s",
        empty=NO_JOBS,
    )
    expr = q.quantile(0.95, catalog.JOB_STAGE_DURATION, "stage", window=q.JOB_WINDOW)
    return timeseries(about, Query(expr, "{{stage}}"))


def run_time_heatmap() -> Panel:
    about = About(
        "Distribution of run time",
        "How many jobs took how long. Two bands are two kinds of input, or a device that is sometimes slow.",
        unit="s",
        empty=NONE_FINISHED,
    )
    selector = q.select(catalog.JOB_DURATION, part="bucket")
    return heatmap(about, Query(q.counted(selector, q.RATE, "le"), "{{le}}", exemplars=True))


def stage_means() -> Panel:
    about = About(
        "Time by stage",
        "Mean seconds that a job of the last day spent in each stage: where a faster job would come from.",
        unit="s",
        empty=NO_JOBS,
    )
    expr = q.mean(catalog.JOB_STAGE_DURATION, "stage", window="1d")
    return bargauge(about, Query(expr, "{{stage}}"))


def device_seconds() -> Panel:
    about = About(
        "Device seconds",
        "Seconds that jobs held the device, in the hour before each point; 3600 is one device busy all the time. `cpu` stands in on a host without a GPU.",
        unit="s",
        empty=NO_JOBS,
    )
    expr = q.counted(q.select(catalog.JOB_GPU_SECONDS), "1h", "device")
    return timeseries(about, Query(expr, "{{device}}"), style="stacked")
