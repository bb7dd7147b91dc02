"""Jobs."""

from typing import Final

from telemetry.catalog._metric import JOB_SECONDS, Metric

JOB_SUBMITTED: Final = Metric(
    "job_submitted_total",
    "counter",
    "Jobs accepted.",
    labels=("operation", "tier"),
    source="service",
)
JOB_REJECTED: Final = Metric(
    "job_rejected_total",
    "counter",
    "Jobs refused before they were queued, by problem code.",
    labels=("operation", "code"),
    source="service",
)
JOB_FINISHED: Final = Metric(
    "job_finished_total",
    "counter",
    "Jobs that reached a final state, by outcome (succeeded, failed, cancelled).",
    labels=("operation", "outcome", "tier"),
    source="worker",
)
JOB_DURATION: Final = Metric(
    "job_duration_seconds",
    "histogram",
    "Time a job ran on a worker, by outcome.",
    unit="seconds",
    labels=("operation", "outcome"),
    buckets=JOB_SECONDS,
    source="worker",
)
JOB_QUEUE_WAIT: Final = Metric(
    "job_queue_wait_seconds",
    "histogram",
    "Time a job waited between being accepted and being started.",
    unit="seconds",
    labels=("operation",),
    buckets=JOB_SECONDS,
    source="worker",
)
JOB_STAGE_DURATION: Final = Metric(
    "job_stage_duration_seconds",
    "histogram",
    "Time a job spent in one stage (decode, animate, encode, store).",
    unit="seconds",
    labels=("operation", "stage"),
    buckets=(0.05, 0.1, 0.25, *JOB_SECONDS),
    source="worker",
)
JOB_RETRIES: Final = Metric(
    "job_retries_total",
    "counter",
    "Runs of a job after its first: the worker died or the step failed and was tried again.",
    labels=("operation",),
    source="worker",
)
JOB_OUTPUT_SECONDS: Final = Metric(
    "job_output_seconds_total",
    "counter",
    "Seconds of video made by jobs that succeeded.",
    unit="seconds",
    labels=("operation",),
    source="worker",
)
JOB_GPU_SECONDS: Final = Metric(
    "job_gpu_seconds_total",
    "counter",
    "Seconds that jobs held the device; `device` is gpu, cpu where the CPU stands in, or simulated.",
    unit="seconds",
    labels=("operation", "device"),
    source="worker",
)
JOB_QUEUE_DEPTH: Final = Metric(
    "job_queue_depth",
    "gauge",
    "Jobs accepted and not yet started.",
    labels=("operation",),
    source="service",
)
JOB_RUNNING: Final = Metric(
    "job_running",
    "gauge",
    "Jobs running now.",
    labels=("operation",),
    source="service",
)
JOB_OLDEST_QUEUED: Final = Metric(
    "job_oldest_queued_seconds",
    "gauge",
    "Age of the oldest job that is still queued, 0 with an empty queue.",
    unit="seconds",
    labels=("operation",),
    source="service",
)
WORKER_HEARTBEAT: Final = Metric(
    "worker_heartbeat_timestamp_seconds",
    "gauge",
    "Unix time of the last heartbeat that a worker wrote to the database.",
    unit="seconds",
    labels=("worker",),
    source="service",
)
