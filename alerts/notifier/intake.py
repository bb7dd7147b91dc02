"""What happens to a group that Alertmanager posts: stored, counted, handed to the delivery loops."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from telemetry import catalog
from telemetry.logs import get_logger

from .alertmanager import Group
from .deliveries import TargetLoop
from .metrics import NotifierMetrics
from .outbox import Outbox
from .records import Notification, Recipient

_log = get_logger(__name__)
_PRUNE_EVERY: Final = timedelta(days=1)


class Intake:
    """Takes groups in; lives as long as the process."""

    def __init__(
        self, outbox: Outbox, metrics: NotifierMetrics, recipients: Sequence[Recipient], loops: Sequence[TargetLoop]
    ) -> None:
        self._outbox, self._metrics = outbox, metrics
        self._recipients, self._loops = recipients, loops
        self._pruned_at = time.monotonic()

    def take(self, group: Group) -> list[Notification]:
        """Store what is new in a group from Alertmanager and have it delivered.

        Raises:
            OutboxUnavailable: nothing was stored; Alertmanager has to send it again.
        """
        stored = self.tell(group)
        for notification in stored:
            self._metrics.received.labels(notification.status).inc()
        return stored

    def tell(self, group: Group) -> list[Notification]:
        """Store what is new in `group` and have it delivered, without counting it as received."""
        stored = self._outbox.accept(group, self._recipients, time.time())
        if not stored:
            return stored
        self._metrics.pending.set(self._outbox.pending())
        for loop in self._loops:
            loop.wake()
        for notification in stored:
            self._say(notification)
        self._prune()
        return stored

    def _say(self, notification: Notification) -> None:
        alerts = [alert.name for alert in notification.alerts]
        if self._recipients:
            _log.info(
                catalog.Event.NOTIFICATION_STORED,
                alerts=alerts,
                status=notification.status,
                targets=len(self._recipients),
            )
        else:
            _log.warning(
                catalog.Event.NOTIFICATION_NO_TARGETS,
                alerts=alerts,
                status=notification.status,
                action="set PLAINVIEW_NOTIFY_URLS; nobody is told about this",
            )

    def _prune(self) -> None:
        now = time.monotonic()
        if now - self._pruned_at > _PRUNE_EVERY.total_seconds():
            self._pruned_at = now
            self._outbox.prune(time.time())
