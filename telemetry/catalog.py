"""Every metric, span name and log event of the project, declared once.

The collectors, the dashboards, the alert rules, the console and `docs/METRICS.md` all read this
module; a query that names a series or a label that is not here does not build.

Names follow Prometheus conventions (base units, `_total` on counters only) and, where one exists,
the OpenTelemetry semantic convention in its Prometheus form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

MetricType = Literal["counter", "gauge", "histogram", "info"]

# Bounds fit the thing measured: an API answers in milliseconds, a job may take an hour.
API_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
JOB_SECONDS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
DELIVERY_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
BODY_BYTES: Final = (256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family as it stands in the exposition.

    Attributes:
        name: the family's full name; counters end in `_total`.
        type: Prometheus type. `info` is a gauge of constant 1 whose labels are the facts.
        unit: base unit in words (`seconds`, `bytes`, `celsius`, `usd`, `ratio`, ...), "" where there is none.
        labels: label names in exposition order, without `job` and `instance`.
        help: one sentence that ends with a full stop.
        buckets: upper bounds in `unit`, histograms only; `+Inf` is added by the client.
        source: which part exports it (`service`, `worker`, `notifier`, `console`, `any`).
    """

    name: str
    type: MetricType
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    source: str = "any"

    def series(self) -> tuple[str, ...]:
        """Return the sample names that a query may use for this family."""
        if self.type == "histogram":
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)

    def series_labels(self, series: str) -> frozenset[str]:
        """Return the label names that `series` of this family carries, `le` included for buckets."""
        extra = ("le",) if self.type == "histogram" and series.endswith("_bucket") else ()
        return frozenset((*self.labels, *extra))


# --- HTTP server (OpenTelemetry semantic conventions, stable) -------------------------------------------------------

HTTP_REQUEST_DURATION: Final = Metric(
    "http_server_request_duration_seconds",
    "histogram",
    "Time from the first byte of a request to the last byte of its answer.",
    unit="seconds",
    labels=("http_request_method", "http_route", "http_response_status_code"),
    buckets=API_SECONDS,
)
HTTP_ACTIVE_REQUESTS: Final = Metric(
    "http_server_active_requests",
    "gauge",
    "Requests being answered now.",
    labels=("http_request_method",),
)
HTTP_REQUEST_BODY_SIZE: Final = Metric(
    "http_server_request_body_size_bytes",
    "histogram",
    "Size of request bodies as received.",
    unit="bytes",
    labels=("http_request_method", "http_route"),
    buckets=BODY_BYTES,
)
HTTP_RESPONSE_BODY_SIZE: Final = Metric(
    "http_server_response_body_size_bytes",
    "histogram",
    "Size of response bodies as sent.",
    unit="bytes",
    labels=("http_request_method", "http_route"),
    buckets=BODY_BYTES,
)
UNHANDLED_EXCEPTIONS: Final = Metric(
    "unhandled_exceptions_total",
    "counter",
    "Exceptions that no handler turned into an answer, by exception class.",
    labels=("error_type",),
)

# --- Jobs -----------------------------------------------------------------------------------------------------------

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

# --- Money ----------------------------------------------------------------------------------------------------------

COST: Final = Metric(
    "cost_usd_total",
    "counter",
    "Cost of device time, by kind (job, retry, cancelled, failed).",
    unit="usd",
    labels=("kind",),
    source="worker",
)
COST_ATTRIBUTED: Final = Metric(
    "cost_attributed_usd_total",
    "counter",
    "Cost of device time by who caused it; customers beyond the bound are `other`.",
    unit="usd",
    labels=("customer", "operation"),
    source="worker",
)
COST_PERIOD: Final = Metric(
    "cost_period_usd",
    "gauge",
    "Cost so far in the calendar day or month of the configured time zone, summed from the database.",
    unit="usd",
    labels=("period",),
    source="service",
)
BUDGET: Final = Metric(
    "budget_usd",
    "gauge",
    "Budget of the calendar day or month; absent when none is set.",
    unit="usd",
    labels=("period",),
    source="service",
)
GPU_PRICE: Final = Metric(
    "gpu_second_price_usd",
    "gauge",
    "Price of one second of one device.",
    unit="usd",
    labels=("device",),
    source="worker",
)

# --- GPU (Series of a card carry gpu_uuid; whatever else names the card joins through gpu_info) ---------------------

_GPU = ("gpu_uuid",)

GPU_INFO: Final = Metric(
    "gpu_info",
    "info",
    "Facts about a card. `simulated` is true for a card that does not exist.",
    labels=("gpu_uuid", "index", "model", "pci_bus_id", "serial", "driver_version", "cuda_version", "simulated"),
    source="worker",
)
GPU_AVAILABLE: Final = Metric(
    "gpu_available",
    "gauge",
    "1 while the card answers, 0 since it stopped answering.",
    labels=_GPU,
    source="worker",
)
GPU_DEVICES: Final = Metric(
    "gpu_devices",
    "gauge",
    "Cards that NVML counts on this host, 0 on a host without one.",
    source="worker",
)
GPU_UTILIZATION: Final = Metric(
    "gpu_utilization_ratio",
    "gauge",
    "Share of the last sample period in which at least one kernel ran.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_BUSY: Final = Metric(
    "gpu_memory_busy_ratio",
    "gauge",
    "Share of the last sample period in which device memory was read or written; not how full it is.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_ENCODER: Final = Metric(
    "gpu_encoder_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the video encoder worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_DECODER: Final = Metric(
    "gpu_decoder_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the video decoder worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_JPEG: Final = Metric(
    "gpu_jpeg_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the JPEG engine worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_OFA: Final = Metric(
    "gpu_ofa_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the optical flow accelerator worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_SM_ACTIVITY: Final = Metric(
    "gpu_sm_activity_ratio",
    "gauge",
    "Share of time in which streaming multiprocessors held work, averaged over all of them and at least 1 s; Hopper and later.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_TENSOR_ACTIVITY: Final = Metric(
    "gpu_tensor_activity_ratio",
    "gauge",
    "Share of cycles in which the tensor cores worked; Hopper and later.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_BANDWIDTH: Final = Metric(
    "gpu_memory_bandwidth_ratio",
    "gauge",
    "Share of the bandwidth of device memory that was used; Hopper and later.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_TOTAL: Final = Metric(
    "gpu_memory_total_bytes", "gauge", "Device memory of the card.", unit="bytes", labels=_GPU, source="worker"
)
GPU_MEMORY_USED: Final = Metric(
    "gpu_memory_used_bytes",
    "gauge",
    "Device memory allocated, without what the driver reserves.",
    unit="bytes",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_RESERVED: Final = Metric(
    "gpu_memory_reserved_bytes",
    "gauge",
    "Device memory that the driver keeps for itself.",
    unit="bytes",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_FREE: Final = Metric(
    "gpu_memory_free_bytes", "gauge", "Device memory that is free.", unit="bytes", labels=_GPU, source="worker"
)
GPU_TEMPERATURE: Final = Metric(
    "gpu_temperature_celsius", "gauge", "Temperature of the GPU.", unit="celsius", labels=_GPU, source="worker"
)
GPU_TEMPERATURE_MARGIN: Final = Metric(
    "gpu_temperature_margin_celsius",
    "gauge",
    "Distance to the temperature at which the card slows itself down; left out where the card answers 0 or less.",
    unit="celsius",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_TEMPERATURE: Final = Metric(
    "gpu_memory_temperature_celsius",
    "gauge",
    "Temperature of the device memory, on cards with HBM.",
    unit="celsius",
    labels=_GPU,
    source="worker",
)
GPU_POWER: Final = Metric(
    "gpu_power_watts", "gauge", "Power drawn by the card.", unit="watts", labels=_GPU, source="worker"
)
GPU_POWER_LIMIT: Final = Metric(
    "gpu_power_limit_watts",
    "gauge",
    "Power limit that is enforced now.",
    unit="watts",
    labels=_GPU,
    source="worker",
)
GPU_ENERGY: Final = Metric(
    "gpu_energy_joules_total",
    "counter",
    "Energy used since the driver was loaded.",
    unit="joules",
    labels=_GPU,
    source="worker",
)
GPU_CLOCK: Final = Metric(
    "gpu_clock_hertz",
    "gauge",
    "Clock now, by domain (sm, memory, graphics, video).",
    unit="hertz",
    labels=("gpu_uuid", "clock"),
    source="worker",
)
GPU_CLOCK_MAX: Final = Metric(
    "gpu_clock_max_hertz",
    "gauge",
    "Highest clock that the card can run at, by domain (sm, memory, graphics, video).",
    unit="hertz",
    labels=("gpu_uuid", "clock"),
    source="worker",
)
GPU_PERFORMANCE_STATE: Final = Metric(
    "gpu_performance_state",
    "gauge",
    "Performance state, 0 the highest to 15 the lowest; not a gauge of load.",
    labels=_GPU,
    source="worker",
)
GPU_CLOCK_EVENT: Final = Metric(
    "gpu_clock_event_active",
    "gauge",
    "1 while this reason holds the clocks down, by reason.",
    labels=("gpu_uuid", "reason"),
    source="worker",
)
GPU_THROTTLE: Final = Metric(
    "gpu_throttle_seconds_total",
    "counter",
    "Time for which a reason held the clocks down since the driver was loaded, by reason.",
    unit="seconds",
    labels=("gpu_uuid", "reason"),
    source="worker",
)
GPU_ECC_ERRORS: Final = Metric(
    "gpu_ecc_errors_total",
    "counter",
    "Memory errors since the driver was loaded, by type (corrected, uncorrected).",
    labels=("gpu_uuid", "type"),
    source="worker",
)
GPU_ECC_LIFETIME: Final = Metric(
    "gpu_ecc_errors_lifetime",
    "gauge",
    "Memory errors over the life of the card, by type (corrected, uncorrected).",
    labels=("gpu_uuid", "type"),
    source="worker",
)
GPU_REMAPPED_ROWS: Final = Metric(
    "gpu_remapped_rows",
    "gauge",
    "Rows of memory that the card replaced by spare ones, by cause (correctable, uncorrectable); Ampere and later.",
    labels=("gpu_uuid", "cause"),
    source="worker",
)
GPU_REMAP_PENDING: Final = Metric(
    "gpu_row_remap_pending",
    "gauge",
    "1 while a row waits to be replaced at the next reset of the card.",
    labels=_GPU,
    source="worker",
)
GPU_REMAP_FAILED: Final = Metric(
    "gpu_row_remap_failed",
    "gauge",
    "1 when a row could not be replaced: the card is due for exchange.",
    labels=_GPU,
    source="worker",
)
GPU_RETIRED_PAGES: Final = Metric(
    "gpu_retired_pages",
    "gauge",
    "Pages of memory taken out of use, by cause (single_bit, double_bit); before Ampere.",
    labels=("gpu_uuid", "cause"),
    source="worker",
)
GPU_RETIRED_PENDING: Final = Metric(
    "gpu_retired_pages_pending",
    "gauge",
    "1 while a page waits to be retired at the next reset of the card; before Ampere.",
    labels=_GPU,
    source="worker",
)
GPU_RECOVERY_ACTION: Final = Metric(
    "gpu_recovery_action",
    "gauge",
    "What the driver asks for: 0 nothing, 1 reset the GPU, 2 reboot, 3 drain peers, 4 drain and reset, 5 recover IMEX, 6 bus reset, 7 system reboot.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_REPLAYS: Final = Metric(
    "gpu_pcie_replays_total",
    "counter",
    "PCIe packets sent again; rising means a bad slot, riser or link.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_TRANSMIT: Final = Metric(
    "gpu_pcie_transmit_bytes_total",
    "counter",
    "Bytes that the card sent over PCIe.",
    unit="bytes",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_RECEIVE: Final = Metric(
    "gpu_pcie_receive_bytes_total",
    "counter",
    "Bytes that the card received over PCIe.",
    unit="bytes",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_GENERATION: Final = Metric(
    "gpu_pcie_link_generation",
    "gauge",
    "PCIe generation now; it drops on purpose while the card is idle.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_GENERATION_MAX: Final = Metric(
    "gpu_pcie_link_generation_max",
    "gauge",
    "Highest PCIe generation that card and slot can run.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_WIDTH: Final = Metric(
    "gpu_pcie_link_width",
    "gauge",
    "PCIe lanes in use.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_WIDTH_MAX: Final = Metric(
    "gpu_pcie_link_width_max",
    "gauge",
    "PCIe lanes that card and slot can use.",
    labels=_GPU,
    source="worker",
)
GPU_NVLINK_TRANSMIT: Final = Metric(
    "gpu_nvlink_transmit_bytes_total",
    "counter",
    "Bytes that the card sent over an NVLink, without protocol overhead.",
    unit="bytes",
    labels=("gpu_uuid", "link"),
    source="worker",
)
GPU_NVLINK_RECEIVE: Final = Metric(
    "gpu_nvlink_receive_bytes_total",
    "counter",
    "Bytes that the card received over an NVLink, without protocol overhead.",
    unit="bytes",
    labels=("gpu_uuid", "link"),
    source="worker",
)
GPU_NVLINK_ACTIVE: Final = Metric(
    "gpu_nvlink_active",
    "gauge",
    "1 while an NVLink is up.",
    labels=("gpu_uuid", "link"),
    source="worker",
)
GPU_NVLINK_ERRORS: Final = Metric(
    "gpu_nvlink_errors_total",
    "counter",
    "Errors of an NVLink, by kind (replay, recovery, crc_flit, crc_data, receive, link_integrity).",
    labels=("gpu_uuid", "link", "kind"),
    source="worker",
)
GPU_FAN_SPEED: Final = Metric(
    "gpu_fan_speed_ratio",
    "gauge",
    "Fan speed as a share of its maximum; left out on cards without a fan.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_INSTANCE_INFO: Final = Metric(
    "gpu_instance_info",
    "info",
    "A MIG device: a compute instance of a GPU instance of the card.",
    labels=("gpu_uuid", "gpu_instance_id", "compute_instance_id", "profile", "mig_uuid"),
    source="worker",
)
GPU_INSTANCE_MEMORY_TOTAL: Final = Metric(
    "gpu_instance_memory_total_bytes",
    "gauge",
    "Device memory of a MIG GPU instance, shared by its compute instances.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_USED: Final = Metric(
    "gpu_instance_memory_used_bytes",
    "gauge",
    "Device memory allocated in a MIG GPU instance.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_RESERVED: Final = Metric(
    "gpu_instance_memory_reserved_bytes",
    "gauge",
    "Device memory that the driver keeps for itself in a MIG GPU instance.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_FREE: Final = Metric(
    "gpu_instance_memory_free_bytes",
    "gauge",
    "Device memory that is free in a MIG GPU instance.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_SM_ACTIVITY: Final = Metric(
    "gpu_instance_sm_activity_ratio",
    "gauge",
    "As gpu_sm_activity_ratio, of a MIG GPU instance.",
    unit="ratio",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_TENSOR_ACTIVITY: Final = Metric(
    "gpu_instance_tensor_activity_ratio",
    "gauge",
    "As gpu_tensor_activity_ratio, of a MIG GPU instance.",
    unit="ratio",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_BANDWIDTH: Final = Metric(
    "gpu_instance_memory_bandwidth_ratio",
    "gauge",
    "As gpu_memory_bandwidth_ratio, of a MIG GPU instance.",
    unit="ratio",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_PROCESS_MEMORY: Final = Metric(
    "gpu_process_memory_bytes",
    "gauge",
    "Device memory of a process, by process id as the host sees it; only with PLAINVIEW_GPU_PROCESSES, the smallest beyond 64 together as `other`.",
    unit="bytes",
    labels=("gpu_uuid", "pid", "type"),
    source="worker",
)
GPU_XID_ERRORS: Final = Metric(
    "gpu_xid_errors_total",
    "counter",
    "XID errors that the driver reported while this process watched, by XID.",
    labels=("gpu_uuid", "xid"),
    source="worker",
)
GPU_XID_LAST: Final = Metric(
    "gpu_xid_last_timestamp_seconds",
    "gauge",
    "Unix time of the last XID error, by XID.",
    unit="seconds",
    labels=("gpu_uuid", "xid"),
    source="worker",
)
GPU_LAST_SUCCESS: Final = Metric(
    "gpu_last_success_timestamp_seconds",
    "gauge",
    "Unix time of the last complete reading of the cards.",
    unit="seconds",
    source="worker",
)
GPU_SNAPSHOT_AGE: Final = Metric(
    "gpu_snapshot_age_seconds",
    "gauge",
    "Age of the last complete reading of the cards at the time of the scrape; too old, and no reading is shown.",
    unit="seconds",
    source="worker",
)
GPU_READ_DURATION: Final = Metric(
    "gpu_read_duration_seconds",
    "gauge",
    "Time the last reading of all cards took.",
    unit="seconds",
    source="worker",
)
GPU_READ_ERRORS: Final = Metric(
    "gpu_read_errors_total",
    "counter",
    "NVML calls that failed, by call and error; a reading that a card does not support is not an error.",
    labels=("call", "error"),
    source="worker",
)

# --- Access and database --------------------------------------------------------------------------------------------

AUTH_ATTEMPTS: Final = Metric(
    "auth_attempts_total",
    "counter",
    "Key checks, by outcome (accepted, missing, malformed, unknown, revoked, expired).",
    labels=("outcome",),
    source="service",
)
HEALTH_COMPONENT: Final = Metric(
    "health_component_status",
    "gauge",
    "State of a component as the last readiness check saw it: 1 healthy, 0.5 degraded, 0 unhealthy.",
    labels=("component",),
    source="service",
)

# --- Alerts and notifications ---------------------------------------------------------------------------------------

ALERT_THRESHOLD: Final = Metric(
    "alert_threshold",
    "gauge",
    "Threshold that the alert of this name compares with; a rule falls back to its default without it.",
    labels=("alert",),
    source="notifier",
)
NOTIFICATION_RECEIVED: Final = Metric(
    "notification_received_total",
    "counter",
    "Alert groups taken from Alertmanager and stored, by status (firing, resolved).",
    labels=("status",),
    source="notifier",
)
NOTIFICATION_DELIVERIES: Final = Metric(
    "notification_deliveries_total",
    "counter",
    "Attempts to deliver a notification, by target (kind and short id) and outcome (delivered, failed, abandoned).",
    labels=("target", "outcome"),
    source="notifier",
)
NOTIFICATION_DURATION: Final = Metric(
    "notification_delivery_duration_seconds",
    "histogram",
    "Time from storing a notification to its delivery.",
    unit="seconds",
    labels=("target",),
    buckets=DELIVERY_SECONDS,
    source="notifier",
)
NOTIFICATION_PENDING: Final = Metric(
    "notification_outbox_pending",
    "gauge",
    "Deliveries stored and not yet made.",
    source="notifier",
)
NOTIFICATION_TARGETS: Final = Metric(
    "notification_targets",
    "gauge",
    "Targets configured; 0 means that nobody is told.",
    source="notifier",
)
NOTIFICATION_WATCHDOG: Final = Metric(
    "notification_watchdog_timestamp_seconds",
    "gauge",
    "Unix time of the last watchdog alert that arrived; 0 before the first.",
    unit="seconds",
    source="notifier",
)

# --- Telemetry about telemetry --------------------------------------------------------------------------------------

TELEMETRY_BUILD: Final = Metric(
    "plainview_build_info",
    "info",
    "Version of Plainview and name of the service that runs.",
    labels=("version", "service"),
)
SPANS_EXPORTED: Final = Metric("telemetry_spans_exported_total", "counter", "Spans that the trace backend accepted.")
SPANS_DROPPED: Final = Metric(
    "telemetry_spans_dropped_total",
    "counter",
    "Spans lost, by reason (queue_full, export_failed, rejected, shutdown).",
    labels=("reason",),
)
SPAN_QUEUE: Final = Metric("telemetry_span_queue_length", "gauge", "Finished spans that wait for export.")
EXPORT_FAILURES: Final = Metric(
    "telemetry_export_failures_total",
    "counter",
    "Exports of a batch of spans that failed, by error.",
    labels=("error_type",),
)
EXPORT_LAST_SUCCESS: Final = Metric(
    "telemetry_export_last_success_timestamp_seconds",
    "gauge",
    "Unix time of the last export that the trace backend accepted; 0 before the first.",
    unit="seconds",
)

TELEMETRY_ERRORS: Final = Metric(
    "telemetry_internal_errors_total",
    "counter",
    "Errors inside telemetry that were caught at its edge, by part; no request fails because of them.",
    labels=("part",),
)

# --- Trace store ----------------------------------------------------------------------------------------------------

TRACESTORE_SPANS: Final = Metric(
    "tracestore_spans_received_total", "counter", "Spans stored by the trace store.", source="console"
)
TRACESTORE_REJECTED: Final = Metric(
    "tracestore_requests_rejected_total",
    "counter",
    "OTLP requests that the trace store refused, by reason.",
    labels=("reason",),
    source="console",
)
TRACESTORE_REMOVED: Final = Metric(
    "tracestore_spans_removed_total",
    "counter",
    "Spans removed to stay within the limits of the trace store, by limit (size, age).",
    labels=("reason",),
    source="console",
)
TRACESTORE_SIZE: Final = Metric(
    "tracestore_size_bytes", "gauge", "Size of the trace store on disk.", unit="bytes", source="console"
)
TRACESTORE_OLDEST: Final = Metric(
    "tracestore_oldest_span_timestamp_seconds",
    "gauge",
    "Unix time of the oldest span kept; 0 when empty.",
    unit="seconds",
    source="console",
)


@dataclass(frozen=True, slots=True)
class Foreign:
    """Series that others export and our queries may use: Prometheus itself and the Python client."""

    name: str
    labels: frozenset[str]
    source: str


FOREIGN: Final = (
    Foreign("up", frozenset(), "Prometheus, one per target"),
    Foreign("ALERTS", frozenset({"alertname", "alertstate", "severity"}), "Prometheus, one per active alert"),
    Foreign("process_resident_memory_bytes", frozenset(), "prometheus-client"),
    Foreign("process_cpu_seconds_total", frozenset(), "prometheus-client"),
    Foreign("process_start_time_seconds", frozenset(), "prometheus-client"),
    Foreign("process_open_fds", frozenset(), "prometheus-client"),
    Foreign("scrape_duration_seconds", frozenset(), "Prometheus, one per target"),
)

# Labels that Prometheus adds to every scraped series.
TARGET_LABELS: Final = frozenset({"job", "instance"})


def metrics() -> Iterator[Metric]:
    """Yield every metric family in the order of declaration."""
    return (value for value in globals().values() if isinstance(value, Metric))


def _by_series() -> dict[str, frozenset[str]]:
    ours = {name: metric.series_labels(name) for metric in metrics() for name in metric.series()}
    return ours | {foreign.name: foreign.labels for foreign in FOREIGN}


#: Series name to the labels it may be queried by, `job` and `instance` apart.
SERIES: Final = MappingProxyType(_by_series())


class Span:
    """Names of the spans that the project makes itself."""

    GPU_WORK: Final = "gpu work"
    JOB: Final = "job generate"
    QUEUE_WAIT: Final = "queue wait"
    DECODE: Final = "decode"
    ANIMATE: Final = "animate"
    ENCODE: Final = "encode"
    STORE: Final = "store"


class Attribute:
    """Span attributes outside the OpenTelemetry conventions, under the project's prefix."""

    JOB_ID: Final = "plainview.job.id"
    OPERATION: Final = "plainview.operation"
    CUSTOMER: Final = "plainview.customer"
    MODEL: Final = "plainview.model"
    OUTCOME: Final = "plainview.outcome"
    GPU_SECONDS: Final = "plainview.gpu.seconds"
    COST_USD: Final = "plainview.cost.usd"
    DEVICE: Final = "plainview.device"
    DEVICE_NAME: Final = "plainview.device.name"
    GPU_UUID: Final = "plainview.gpu.uuid"
    COST_KIND: Final = "plainview.cost.kind"
    REQUEST_ID: Final = "plainview.request_id"
    DEVICE_SIMULATED: Final = "plainview.device.simulated"
    ATTEMPT: Final = "plainview.job.attempt"
    QUEUE_SECONDS: Final = "plainview.queue.seconds"


class Event:
    """Log events: constant dotted names; the data goes into fields."""

    HTTP_REQUEST: Final = "http.request"
    HTTP_UNHANDLED: Final = "http.unhandled_exception"
    JOB_ACCEPTED: Final = "job.accepted"
    JOB_STARTED: Final = "job.started"
    JOB_FINISHED: Final = "job.finished"
    JOB_RETRIED: Final = "job.retried"
    JOB_CANCEL_REQUESTED: Final = "job.cancel_requested"
    JOB_DELIVERED_AGAIN: Final = "job.delivered_again"
    JOB_ENQUEUED_LATE: Final = "job.enqueued_late"
    JOB_ENQUEUE_POSTPONED: Final = "job.enqueue_postponed"
    JOB_HANDED_BACK: Final = "job.handed_back"
    JOB_PROGRESS_NOT_WRITTEN: Final = "job.progress_not_written"
    JOB_RUN_FAILED: Final = "job.run_failed"
    JOB_RUN_SUPERSEDED: Final = "job.run_superseded"
    JOB_STILL_IN_QUEUE: Final = "job.still_in_queue"
    JOB_TAKEN_OVER: Final = "job.taken_over"
    KEY_CREATED: Final = "key.created"
    KEY_REVOKED: Final = "key.revoked"
    KEY_USE_NOT_NOTED: Final = "key.use_not_noted"
    AUTH_SWITCHED_OFF: Final = "auth.switched_off"
    WORKER_DRAINING: Final = "worker.draining"
    WORKER_HEARTBEAT_NOT_WRITTEN: Final = "worker.heartbeat_not_written"
    WORKER_JOB_DOES_NOT_STOP: Final = "worker.job_does_not_stop"
    WORKER_STARTED: Final = "worker.started"
    WORKER_STOPPED: Final = "worker.stopped"
    FILES_SWEPT: Final = "files.swept"
    DATABASE_FAILED: Final = "database.failed"
    BACKGROUND_FAILED: Final = "background.failed"
    GPU_READING_FAILED: Final = "gpu.reading_failed"
    GPU_LOST: Final = "gpu.lost"
    GPU_FOUND: Final = "gpu.found"
    GPU_NOT_SUPPORTED: Final = "gpu.not_supported"
    GPU_ABSENT: Final = "gpu.absent"
    GPU_XID: Final = "gpu.xid"
    GENERATOR_FACE_MISSING: Final = "generator.face_missing"
    GENERATOR_GPU_UNUSED: Final = "generator.gpu_unused"
    NOTIFICATION_STORED: Final = "notification.stored"
    NOTIFICATION_DELIVERED: Final = "notification.delivered"
    NOTIFICATION_FAILED: Final = "notification.failed"
    NOTIFICATION_ABANDONED: Final = "notification.abandoned"
    NOTIFICATION_NO_TARGETS: Final = "notification.no_targets"
    NOTIFICATION_REFUSED: Final = "notification.refused"
    NOTIFICATION_OPEN: Final = "notification.open_without_token"
    NOTIFICATION_OUTBOX_FAILED: Final = "notification.outbox_failed"
    NOTIFIER_LISTENING: Final = "notifier.listening"
    WATCHDOG_SILENT: Final = "watchdog.silent"
    WATCHDOG_BACK: Final = "watchdog.back"
    API_LISTENING: Final = "api.listening"
    CONSOLE_LISTENING: Final = "console.listening"
    TELEMETRY_EXPORT_FAILED: Final = "telemetry.export_failed"
    TELEMETRY_EXPORT_RECOVERED: Final = "telemetry.export_recovered"
    TELEMETRY_FAILED: Final = "telemetry.failed"
