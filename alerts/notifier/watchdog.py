"""Watches the watchdog: an alert that always fires, so its silence means that no alert can arrive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from telemetry import catalog
from telemetry.logs import get_logger
from telemetry.meters import BackgroundMeter

from .alertmanager import Alert, Group, Status
from .errors import OutboxUnavailable
from .metrics import NotifierMetrics
from .outbox import Outbox

_log = get_logger(__name__)

#: The alert that the notifier raises itself.
MONITORING_BLIND: Final = "MonitoringBlind"
_SEEN: Final = "watchdog_seen_at"
_BLIND: Final = "blind_since"


class Watchdog:
    """Knows when the watchdog last arrived; lives as long as the process, its state as long as the outbox.

    A start counts as an arrival: the silence is measured from then on.
    """

    def __init__(
        self, outbox: Outbox, metrics: NotifierMetrics, silence: timedelta | None, report: Callable[[Group], object]
    ) -> None:
        self._outbox, self._metrics, self._silence, self._report = outbox, metrics, silence, report
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._blind_since = outbox.fact(_BLIND)
        metrics.watchdog.set(outbox.fact(_SEEN) or 0)

    def seen(self) -> None:
        """Take note of an arrival, and say so if monitoring was blind."""
        now = time.time()
        self._outbox.remember(_SEEN, now)
        self._metrics.watchdog.set(now)
        with self._lock:
            self._last = time.monotonic()
            if self._blind_since is None:
                return
            self._report(_group("resolved", self._blind_since, now))
            self._outbox.remember(_BLIND, None)
            self._blind_since = None
        _log.info(catalog.Event.WATCHDOG_BACK)

    def check(self) -> None:
        """Report once that the watchdog has been silent for too long."""
        if self._silence is None:
            return
        with self._lock:
            silent = time.monotonic() - self._last
            if self._blind_since is not None or silent < self._silence.total_seconds():
                return
            since = time.time() - silent
            self._report(_group("firing", since, since + silent))
            self._outbox.remember(_BLIND, since)
            self._blind_since = since
        _log.error(catalog.Event.WATCHDOG_SILENT, seconds=round(silent, 1))


@contextmanager
def watching(watchdog: Watchdog, interval: timedelta) -> Iterator[None]:
    """Check the watchdog every `interval` in a thread of its own."""
    stop = threading.Event()
    meter = BackgroundMeter("check watchdog")

    def run() -> None:
        while not stop.wait(interval.total_seconds()):
            try:
                with meter.run():
                    watchdog.check()
            except OutboxUnavailable as error:
                _log.error(catalog.Event.NOTIFICATION_OUTBOX_FAILED, error=str(error))  # no traceback needed

    thread = threading.Thread(target=run, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(1)


def _group(status: Status, since: float, now: float) -> Group:
    minutes = max(1, round((now - since) / 60))
    alert = Alert(
        status=status,
        labels={"alertname": MONITORING_BLIND, "severity": "page"},
        annotations={
            "summary": f"Monitoring is blind: the watchdog alert has not arrived for {minutes} min",
            "resolved_summary": "Monitoring sees again: the watchdog alert arrives",
            "description": "Prometheus or Alertmanager does not run or cannot reach the notifier. "
            "Until this resolves, no other alert can reach you.",
            "first_action": "run `./plainview status` and start or mend Prometheus and Alertmanager.",
            "runbook_url": "/runbooks/Watchdog",
        },
        starts_at=datetime.fromtimestamp(since, UTC),
        ends_at=datetime.fromtimestamp(now, UTC) if status == "resolved" else None,
    )
    return Group(group_key="plainview/monitoring", status=status, alerts=(alert,))
