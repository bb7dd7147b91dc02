"""Jobs: how many come in, how they end, and how many wait."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, timeseries
from telemetry import catalog

NO_JOBS = "No jobs yet"
NONE_FINISHED = "No job finished yet"


def outcomes(width: int = 8) -> Panel:
    about = About(
        "Jobs by outcome",
        "Jobs finished in the hour before each point in time. Red is a job that a customer did not get.",
        unit="short",
        empty=NONE_FINISHED,
    )
    expr = q.counted(q.select(catalog.JOB_FINISHED), "1h", "outcome")
    return timeseries(about, Query(expr, "{{outcome}}"), style="stacked", decimals=0, width=width)


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
    return stat(about, Query(expr, "video"), decimals=0, width=6, height=8)


def missing() -> Panel:
    about = About(
        "Videos lost",
        "Videos that were not where they should be before their time was over, in the hour before each point. Any is a storage that lost files or is not mounted; the log (results.missing) names them.",
        unit="short",
        empty="The app is not scraped",
    )
    return timeseries(
        about, Query(q.counted(q.select(catalog.JOB_RESULTS_MISSING), "1h"), "videos"), style="bars", decimals=0
    )


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
