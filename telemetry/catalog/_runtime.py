"""Process.

The client adds `process_*` and `python_*` series of its own.
"""

from typing import Final

from telemetry.catalog._metric import Metric

BACKGROUND_RUNS: Final = Metric(
    "background_task_runs_total",
    "counter",
    "Runs of a background task, by outcome (succeeded, failed, cancelled).",
    labels=("task", "outcome"),
    values={"outcome": ("succeeded", "failed", "cancelled")},
)
BACKGROUND_DURATION: Final = Metric(
    "background_task_duration_seconds",
    "histogram",
    "Time of one run of a background task.",
    unit="seconds",
    labels=("task",),
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0),
)
BACKGROUND_LAST_SUCCESS: Final = Metric(
    "background_task_last_success_timestamp_seconds",
    "gauge",
    "Unix time of the last run of a background task that succeeded; 0 before the first. Of several processes the oldest.",
    unit="seconds",
    labels=("task",),
    processes="min",
)
EVENT_LOOP_LAG: Final = Metric(
    "event_loop_lag_seconds",
    "histogram",
    "Time by which the event loop was late for a timer, four times a second: what every request waits besides its own.",
    unit="seconds",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
THREAD_POOL_THREADS: Final = Metric(
    "thread_pool_threads", "gauge", "Threads of the pool for blocking handlers that are at work now.", processes="sum"
)
THREAD_POOL_LIMIT: Final = Metric(
    "thread_pool_threads_limit", "gauge", "Most threads that the pool for blocking handlers may use.", processes="sum"
)
THREAD_POOL_WAITING: Final = Metric(
    "thread_pool_waiting",
    "gauge",
    "Calls that wait for a thread of the pool for blocking handlers now.",
    processes="sum",
)
GC_PAUSE: Final = Metric(
    "python_gc_pause_seconds",
    "histogram",
    "Time for which a collection of the garbage collector stopped the process, by generation.",
    unit="seconds",
    labels=("generation",),
    buckets=(0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0),
    values={"generation": ("0", "1", "2")},
)
