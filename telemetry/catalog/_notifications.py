"""Alerts and notifications."""

from typing import Final

from telemetry.catalog._metric import DELIVERY_SECONDS, Metric

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
