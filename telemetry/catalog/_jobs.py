"""Jobs."""

from typing import Final

from telemetry.catalog._metric import JOB_SECONDS, QUOTE_RATIOS, Metric

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
    labels=("operation", "tier"),
    buckets=JOB_SECONDS,
    source="worker",
)
JOB_STAGE_DURATION: Final = Metric(
    "job_stage_duration_seconds",
    "histogram",
    "Time a job spent in one stage (inspect, decode, animate, encode, store).",
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
JOB_INPUT_BYTES: Final = Metric(
    "job_input_bytes_total",
    "counter",
    "Bytes of what was sent for jobs that were accepted, by field (image, audio, prompt).",
    unit="bytes",
    labels=("operation", "field"),
    source="service",
)
JOB_OUTPUT_BYTES: Final = Metric(
    "job_output_bytes_total",
    "counter",
    "Bytes of video made by jobs that succeeded.",
    unit="bytes",
    labels=("operation",),
    source="worker",
)
JOB_RESULTS_FETCHED: Final = Metric(
    "job_results_fetched_total",
    "counter",
    "Requests for a result that were answered with it; a player may ask for one video several times.",
    labels=("operation",),
    source="service",
)
JOB_RECONCILED: Final = Metric(
    "job_reconciled_total",
    "counter",
    "Jobs that were put right after something had died, by action (enqueued_late, taken_over, delivered_again,"
    " landed_late).",
    labels=("action",),
    source="service",
    values={"action": ("enqueued_late", "taken_over", "delivered_again", "landed_late")},
)
JOB_RESULTS_MISSING: Final = Metric(
    "job_results_missing_total",
    "counter",
    "Results that were noticed to be away before their time was over, though nobody removed them.",
    source="service",
)
SWEPT: Final = Metric(
    "swept_total",
    "counter",
    "What the sweeper removed for its age, by kind: jobs whose files expired, orphaned files, workers, deliveries,"
    " idempotency keys.",
    labels=("kind",),
    source="service",
    values={"kind": ("expired", "orphans", "workers", "deliveries", "idempotency")},
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
    labels=("operation", "tier"),
    source="service",
)
JOB_QUEUE_LIMIT: Final = Metric(
    "job_queue_limit",
    "gauge",
    "Waiting jobs from which the queue counts as full.",
    labels=("operation",),
    source="service",
)
JOB_QUEUE_EXPECTED_WAIT: Final = Metric(
    "job_queue_expected_wait_seconds",
    "gauge",
    "Expected wait of a job at the end of the queue; while no worker is alive, behind the one that is to come.",
    unit="seconds",
    labels=("operation",),
    source="service",
)
JOB_QUEUE_WAIT_LIMIT: Final = Metric(
    "job_queue_wait_limit_seconds",
    "gauge",
    "Expected wait from which the queue counts as full.",
    unit="seconds",
    labels=("operation",),
    source="service",
)
JOB_SERVICE_RATE: Final = Metric(
    "job_service_rate",
    "gauge",
    "Jobs that the workers that are alive can end in a second, from what the last hundred took; 0 while none is alive.",
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
    bound=1000,
)
JOB_QUOTE_RATIO: Final = Metric(
    "job_quote_ratio",
    "histogram",
    "Device seconds that a job took, over those that it was quoted; 1 is a quote that came true.",
    unit="ratio",
    labels=("operation",),
    buckets=QUOTE_RATIOS,
    source="worker",
)
JOB_ETA_RATIO: Final = Metric(
    "job_eta_ratio",
    "histogram",
    "Time from a job's submit to its end, over the time that was foretold; 1 is a prediction that came true.",
    unit="ratio",
    labels=("operation",),
    buckets=QUOTE_RATIOS,
    source="worker",
)
EVENT_STREAMS: Final = Metric(
    "job_event_streams",
    "gauge",
    "Event streams that are open, each telling one client how one job goes.",
    source="service",
)
