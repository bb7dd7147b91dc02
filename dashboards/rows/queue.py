"""The queue: how full it is, who waits, who is refused, and what the workers manage."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import gauge, heatmap, stat, timeseries
from dashboards.rows.jobs import NO_JOBS
from telemetry import catalog

NOT_SCRAPED = "Not scraped yet"
FULL = 'code=~"queue_full|customer_queue_full"'
WAIT_RATIO = f"{q.latest(catalog.JOB_QUEUE_EXPECTED_WAIT)} / {q.latest(catalog.JOB_QUEUE_WAIT_LIMIT)}"
JOBS_RATIO = f"{q.latest(catalog.JOB_QUEUE_DEPTH)} / {q.latest(catalog.JOB_QUEUE_LIMIT)}"


def filled() -> Panel:
    about = About(
        "Queue filled",
        "Share of the queue's bound that is in use, by jobs or by expected wait, whichever is more. At 100 % jobs are refused.",
        unit="percentunit",
        empty=NOT_SCRAPED,
    )
    expr = f"(\n{WAIT_RATIO}\n>=\n{JOBS_RATIO}\n)\nor\n{JOBS_RATIO}"
    return gauge(about, Query(expr, "filled"), steps=look.rising(0.8, 1.0), width=4)


def expected() -> Panel:
    about = About(
        "Expected wait",
        "How long a job at the end of the queue would wait. Fair share lets a customer that has little in the queue start sooner.",
        unit="s",
        empty=NOT_SCRAPED,
    )
    return stat(about, Query(q.latest(catalog.JOB_QUEUE_EXPECTED_WAIT), "wait"), decimals=0, width=4)


def now() -> Panel:
    about = About(
        "Jobs that wait by tier", "Jobs in the queue now, by the tier of their key.", unit="short", empty=NOT_SCRAPED
    )
    return stat(about, Query(q.latest(catalog.JOB_QUEUE_DEPTH, "tier"), "{{tier}}"), decimals=0, width=4)


def manageable() -> Panel:
    about = About(
        "Jobs per hour possible",
        "What the workers that are alive can end in an hour, by the time that the last hundred jobs took. 0 without a worker.",
        unit="short",
        empty=NOT_SCRAPED,
    )
    return stat(about, Query(f"{q.latest(catalog.JOB_SERVICE_RATE)} * 3600", "per hour"), width=4)


def by_tier() -> Panel:
    about = About(
        "Queue by tier",
        "Jobs that wait, by the tier of their key. A flood of one customer fills its tier; the others still start soon.",
        unit="short",
        empty=NOT_SCRAPED,
    )
    return timeseries(about, Query(q.latest(catalog.JOB_QUEUE_DEPTH, "tier"), "{{tier}}"), style="stacked", decimals=0)


def expected_over_time() -> Panel:
    about = About(
        "Expected wait against its bound",
        "How long a job at the end of the queue would wait, and where the queue is full. QueueNearBound fires before that.",
        unit="s",
        empty=NOT_SCRAPED,
    )
    limit = q.latest(catalog.JOB_QUEUE_WAIT_LIMIT)
    return timeseries(
        about,
        Query(q.latest(catalog.JOB_QUEUE_EXPECTED_WAIT), "expected wait"),
        Query(f"{q.threshold('QueueNearBound')} * {limit}", "alert above"),
        Query(limit, "full"),
    )


def wait(part: float) -> Panel:
    name = f"p{part * 100:.0f}"
    about = About(
        f"Wait {name} by tier",
        f"{part:.0%} of the jobs of 15 minutes waited less from their submit to their start. Standard far above premium is fair share at work.",
        unit="s",
        empty="No job started yet",
    )
    expr = q.quantile(part, catalog.JOB_QUEUE_WAIT, "tier", window=q.JOB_WINDOW)
    return timeseries(about, Query(expr, "{{tier}}", exemplars=True))


def wait_heatmap() -> Panel:
    about = About(
        "Waits",
        "Jobs by how long they waited, all tiers. Two bands far apart: some wait behind a flood of their own.",
        unit="s",
        empty="No job started yet",
    )
    expr = q.counted(q.select(catalog.JOB_QUEUE_WAIT, part="bucket"), q.RATE, "le")
    return heatmap(about, Query(expr, "{{le}}"))


def refused() -> Panel:
    about = About(
        "Jobs refused by a full queue",
        "Submits in the hour before each point. customer_queue_full is one customer's flood; queue_full is everybody's: add workers.",
        unit="short",
        empty="None so far",
    )
    expr = q.counted(q.select(catalog.JOB_REJECTED, FULL), "1h", "code")
    return timeseries(about, Query(expr, "{{code}}"), style="bars", decimals=0)


def hourly() -> Panel:
    about = About(
        "Jobs per hour",
        "Jobs in the hour before each point, and what the workers could do. Submitted above possible: the queue grows.",
        unit="short",
        empty=NO_JOBS,
    )
    return timeseries(
        about,
        Query(q.counted(q.select(catalog.JOB_SUBMITTED), "1h"), "submitted"),
        Query(q.counted(q.select(catalog.JOB_FINISHED), "1h"), "finished"),
        Query(f"{q.latest(catalog.JOB_SERVICE_RATE)} * 3600", "possible"),
    )


def workers_over_time() -> Panel:
    about = About(
        "Workers over time",
        "Workers that wrote a heartbeat in the last minute. A step down with a full queue is the reason for it.",
        unit="short",
        empty="No worker has ever started",
    )
    beat = f"max by (worker) ({catalog.WORKER_HEARTBEAT.name})"
    expr = f"count(time() - {beat} < 60)\nor\n0 * count({catalog.WORKER_HEARTBEAT.name})"
    return timeseries(about, Query(expr, "workers"), decimals=0)
