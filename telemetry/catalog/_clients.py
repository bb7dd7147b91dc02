"""Calls to others.

OpenTelemetry semantic conventions where there are any: HTTP and database clients. A family is there in processes that
use its meter: `telemetry.meters` has them for any app.
"""

from typing import Final

from telemetry.catalog._metric import API_SECONDS, DATABASE_SECONDS, Metric

_WAIT_SECONDS: Final = (*DATABASE_SECONDS, 2.5, 5.0, 10.0, 30.0)
_CACHE_SECONDS: Final = (0.00001, 0.00005, 0.0001, 0.00025, 0.0005, *DATABASE_SECONDS)
_POOL = ("db_client_connection_pool_name",)

HTTP_CLIENT_DURATION: Final = Metric(
    "http_client_request_duration_seconds",
    "histogram",
    "Time from a request to another service to the head of its answer; error_type is empty for an answer below 400.",
    unit="seconds",
    labels=("http_request_method", "server_address", "http_response_status_code", "error_type"),
    buckets=API_SECONDS,
)
DB_OPERATION_DURATION: Final = Metric(
    "db_client_operation_duration_seconds",
    "histogram",
    "Time of a statement or commit, by its first word; error_type is empty where it succeeded.",
    unit="seconds",
    labels=("db_system_name", "db_operation_name", "error_type"),
    buckets=DATABASE_SECONDS,
)
DB_CONNECTIONS: Final = Metric(
    "db_client_connections",
    "gauge",
    "Connections of a pool, by state (idle, used); OpenTelemetry's db.client.connection.count.",
    labels=(*_POOL, "db_client_connection_state"),
    values={"db_client_connection_state": ("idle", "used")},
    processes="sum",
)
DB_CONNECTIONS_MAX: Final = Metric(
    "db_client_connection_max",
    "gauge",
    "Most connections that a pool may open; absent without a limit.",
    labels=_POOL,
    processes="sum",
)
DB_PENDING: Final = Metric(
    "db_client_connection_pending_requests",
    "gauge",
    "Requests that wait for a connection of a pool now.",
    labels=_POOL,
    processes="sum",
)
DB_TIMEOUTS: Final = Metric(
    "db_client_connection_timeouts_total",
    "counter",
    "Requests that got no connection of a pool within its time-out.",
    labels=_POOL,
)
DB_WAIT_TIME: Final = Metric(
    "db_client_connection_wait_time_seconds",
    "histogram",
    "Time it took to get a connection from a pool, opening one included.",
    unit="seconds",
    labels=_POOL,
    buckets=_WAIT_SECONDS,
)
DB_USE_TIME: Final = Metric(
    "db_client_connection_use_time_seconds",
    "histogram",
    "Time between taking a connection from a pool and giving it back.",
    unit="seconds",
    labels=_POOL,
    buckets=_WAIT_SECONDS,
)
CACHE_LOOKUPS: Final = Metric(
    "cache_lookups_total",
    "counter",
    "Look-ups in a cache, by outcome (hit, miss, error).",
    labels=("cache", "outcome"),
    values={"outcome": ("hit", "miss", "error")},
)
CACHE_ERRORS: Final = Metric(
    "cache_errors_total",
    "counter",
    "Operations on a cache that failed, by operation and error.",
    labels=("cache", "operation", "error_type"),
)
CACHE_DURATION: Final = Metric(
    "cache_operation_duration_seconds",
    "histogram",
    "Time of an operation on a cache, by operation (get, set, delete).",
    unit="seconds",
    labels=("cache", "operation"),
    buckets=_CACHE_SECONDS,
)
CACHE_ENTRIES: Final = Metric("cache_entries", "gauge", "Entries in a cache.", labels=("cache",), processes="sum")
CACHE_SIZE: Final = Metric(
    "cache_size_bytes", "gauge", "Size of a cache.", unit="bytes", labels=("cache",), processes="sum"
)
CACHE_EVICTIONS: Final = Metric(
    "cache_evictions_total", "counter", "Entries that a cache dropped to make room.", labels=("cache",)
)
RATE_LIMIT_DECISIONS: Final = Metric(
    "rate_limit_decisions_total",
    "counter",
    "Requests that a rate limiter decided on, by outcome (allowed, limited, unchecked: it could not tell) and tier.",
    labels=("limiter", "tier", "outcome"),
    values={"outcome": ("allowed", "limited", "unchecked")},
)
RATE_LIMIT_DURATION: Final = Metric(
    "rate_limit_check_duration_seconds",
    "histogram",
    "Time a rate limiter took to decide.",
    unit="seconds",
    labels=("limiter",),
    buckets=_CACHE_SECONDS,
)
RATE_LIMIT_DEGRADED: Final = Metric(
    "rate_limit_degraded",
    "gauge",
    "1 while a rate limiter works without its shared storage, each process on its own.",
    labels=("limiter",),
    processes="max",
)
BREAKER_STATE: Final = Metric(
    "circuit_breaker_state",
    "gauge",
    "1 for the state that a circuit breaker is in (closed, open, half_open), 0 for the others; added up over processes.",
    labels=("breaker", "state"),
    processes="sum",
    values={"state": ("closed", "open", "half_open")},
)
BREAKER_TRANSITIONS: Final = Metric(
    "circuit_breaker_transitions_total",
    "counter",
    "Changes of a circuit breaker into a state (closed, open, half_open).",
    labels=("breaker", "state"),
    values={"state": ("closed", "open", "half_open")},
)
BREAKER_CALLS: Final = Metric(
    "circuit_breaker_calls_total",
    "counter",
    "Calls through a circuit breaker, by outcome (succeeded, failed, cancelled, rejected: it was open).",
    labels=("breaker", "outcome"),
    values={"outcome": ("succeeded", "failed", "cancelled", "rejected")},
)
RETRIES: Final = Metric(
    "retries_total",
    "counter",
    "Second and further tries of calls to others, by operation and the error that the try before ended with.",
    labels=("operation", "error_type"),
)
