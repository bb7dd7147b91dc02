"""The notifier's series: `notification_*`, one `alert_threshold` per alert that compares with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from telemetry import Telemetry, catalog

from .records import Recipient


@dataclass(frozen=True)
class NotifierMetrics:
    """The series, made once per process."""

    received: Counter
    deliveries: Counter
    duration: Histogram
    pending: Gauge
    targets: Gauge
    watchdog: Gauge
    thresholds: Gauge

    @classmethod
    def of(cls, telemetry: Telemetry) -> NotifierMetrics:
        """Register the series with this process's telemetry."""
        return cls(
            received=telemetry.counter(catalog.NOTIFICATION_RECEIVED),
            deliveries=telemetry.counter(catalog.NOTIFICATION_DELIVERIES),
            duration=telemetry.histogram(catalog.NOTIFICATION_DURATION),
            pending=telemetry.gauge(catalog.NOTIFICATION_PENDING),
            targets=telemetry.gauge(catalog.NOTIFICATION_TARGETS),
            watchdog=telemetry.gauge(catalog.NOTIFICATION_WATCHDOG),
            thresholds=telemetry.gauge(catalog.ALERT_THRESHOLD),
        )

    def announce(self, recipients: Iterable[Recipient], thresholds: Mapping[str, float]) -> None:
        """Set what is known at start; counters begin at 0 so that their first increase is seen by `rate`."""
        known = list(recipients)
        self.targets.set(len(known))
        for recipient in known:
            for outcome in ("delivered", "failed", "abandoned"):
                self.deliveries.labels(recipient.id, outcome)
        for status in ("firing", "resolved"):
            self.received.labels(status)
        for alert, value in thresholds.items():
            self.thresholds.labels(alert).set(value)
