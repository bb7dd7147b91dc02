"""Jobs: how many, how they end, how long they wait and run, and where the time goes."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import bargauge, heatmap, stat, timeseries
from telemetry import catalog

NO_JOBS = "No jobs yet"
NONE_FINISHED = "No job finished yet"
QUANTILES = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))


def outcomes(width: int = 8) -> Panel:
    about = About(
        "Jobs by outcome",
        "Jobs finished in the hour before each point in time. Red is a job that a customer did not get.",
        unit="short",
        empty=NONE_FINISHED,
    )
    expr = q.counted(q.select(catalog.JOB_FINISHED), "1h", "outcome")
    return timeseries(about, Query(expr, "{{outcome}}"), style="stacked", decimals=0, width=width)


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


def queue(width: int = 8) -> Panel:
    about = About(
        "Jobs queued and running",
        "Jobs that wait and jobs that run. Queued without running means that no worker takes jobs.",
        unit="short",
        empty="Not scraped yet",
    )
    return timeseries(
        about,
        Query(q.latest(catalog.JOB_RUNNING), "running"),
        Query(q.latest(catalog.JOB_QUEUE_DEPTH), "queued"),
        decimals=0,
        width=width,
    )


def submitted() -> Panel:
    about = About("Jobs submitted", "Jobs accepted in the last hour and day.", unit="short", empty=NO_JOBS)
    selector = q.select(catalog.JOB_SUBMITTED)
    return stat(
        about,
        Query(q.counted(selector, "1h"), "last hour"),
        Query(q.counted(selector, "1d"), "last day"),
        decimals=0,
        width=5,
    )


def finished() -> Panel:
    about = About(
        "Jobs finished",
        "Jobs that reached an end in the last day, by outcome.",
        unit="short",
        empty=NONE_FINISHED,
    )
    expr = q.counted(q.select(catalog.JOB_FINISHED), "1d", "outcome")
    return stat(about, Query(expr, "{{outcome}}"), decimals=0, width=7)


def oldest() -> Panel:
    about = About(
        "Oldest queued job",
        "How long the job at the front of the queue has waited. The alert QueueStuck fires above its threshold of 10 minutes.",
        unit="s",
        empty="Not scraped yet",
    )
    expr = f"max({catalog.JOB_OLDEST_QUEUED.name})"
    return stat(about, Query(expr, "oldest"), steps=look.rising(120, 600), decimals=0, width=4)


def workers() -> Panel:
    about = About(
        "Workers alive",
        "Workers that wrote a heartbeat in the last minute. 0 means that queued jobs do not start.",
        unit="short",
        empty="No worker has ever started",
    )
    beat = f"max by (worker) ({catalog.WORKER_HEARTBEAT.name})"
    expr = f"count(time() - {beat} < 60)\nor\n0 * count({catalog.WORKER_HEARTBEAT.name})"
    return stat(about, Query(expr, "workers"), steps=look.LOW_IS_BAD, decimals=0, width=4)


def made() -> Panel:
    about = About(
        "Video made",
        "Seconds of video made in the last day.",
        unit="s",
        empty="No job succeeded yet",
    )
    expr = q.counted(q.select(catalog.JOB_OUTPUT_SECONDS), "1d")
    return stat(about, Query(expr, "video"), decimals=0, width=6)


def rate() -> Panel:
    about = About(
        "Jobs submitted and finished",
        "Jobs in the hour before each point. Submitted above finished for long means that the queue grows.",
        unit="short",
        empty=NO_JOBS,
    )
    return timeseries(
        about,
        Query(q.counted(q.select(catalog.JOB_SUBMITTED), "1h"), "submitted"),
        Query(q.counted(q.select(catalog.JOB_FINISHED), "1h"), "finished"),
        decimals=0,
    )


def oldest_over_time() -> Panel:
    about = About(
        "Age of the oldest queued job",
        "A saw tooth is normal; a straight climb is a queue that does not move.",
        unit="s",
        empty="Not scraped yet",
    )
    return timeseries(
        about,
        Query(f"max({catalog.JOB_OLDEST_QUEUED.name})", "oldest"),
        Query(q.threshold("QueueStuck"), "alert above"),
    )


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


def run_time_heatmap() -> Panel:
    about = About(
        "Distribution of run time",
        "How many jobs took how long. Two bands are two kinds of input, or a device that is sometimes slow.",
        unit="s",
        empty=NONE_FINISHED,
    )
    selector = q.select(catalog.JOB_DURATION, part="bucket")
    return heatmap(about, Query(f"sum by (le) (increase({selector}[{q.RATE}]))", "{{le}}", exemplars=True))


def stage_means() -> Panel:
    about = About(
        "Time by stage",
        "Mean seconds that a job of the last day spent in each stage: where a faster job would come from.",
        unit="s",
        empty=NO_JOBS,
    )
    expr = q.mean(catalog.JOB_STAGE_DURATION, "stage", window="1d")
    return bargauge(about, Query(expr, "{{stage}}"))


def stages() -> Panel:
    about = About(
        "Stage time p95",
        "95 of 100 jobs of 15 minutes spent less in the stage. A stage that grows alone is where to look.",
        unit="s",
        empty=NO_JOBS,
    )
    expr = q.quantile(0.95, catalog.JOB_STAGE_DURATION, "stage", window=q.JOB_WINDOW)
    return timeseries(about, Query(expr, "{{stage}}"))


def retries() -> Panel:
    about = About(
        "Retries",
        "Runs of a job after its first, in the hour before each point. Each cost device time: a worker died or a step failed.",
        unit="short",
        empty="None so far",
    )
    expr = q.counted(q.select(catalog.JOB_RETRIES), "1h", "operation")
    return timeseries(about, Query(expr, "{{operation}}"), style="bars", decimals=0)


def rejected() -> Panel:
    about = About(
        "Jobs refused",
        "Submissions refused before they were queued, by problem code, in the hour before each point. Many of one code is one caller's mistake.",
        unit="short",
        empty="None so far",
    )
    expr = q.counted(q.select(catalog.JOB_REJECTED), "1h", "code")
    return timeseries(about, Query(expr, "{{code}}"), style="bars", decimals=0)


def device_seconds() -> Panel:
    about = About(
        "Device seconds",
        "Seconds that jobs held the device, in the hour before each point; 3600 is one device busy all the time. `cpu` stands in on a host without a GPU.",
        unit="s",
        empty=NO_JOBS,
    )
    expr = q.counted(q.select(catalog.JOB_GPU_SECONDS), "1h", "device")
    return timeseries(about, Query(expr, "{{device}}"), style="stacked")
