"""What happens to a group that Alertmanager posts: stored, counted, handed to the delivery loops."""

from __future__ import annotations

import time
from collections.abc import Sequence

from telemetry import catalog
from telemetry.logs import get_logger

from .alertmanager import Group
from .deliveries import TargetLoop
from .metrics import NotifierMetrics
from .outbox import Outbox
from .records import Notification, Recipient

_log = get_logger(__name__)


class Intake:
    """Takes groups in; lives as long as the process."""

    def __init__(
        self, outbox: Outbox, metrics: NotifierMetrics, recipients: Sequence[Recipient], loops: Sequence[TargetLoop]
    ) -> None:
        self._outbox, self._metrics = outbox, metrics
        self._recipients, self._loops = recipients, loops

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
        event = catalog.Event.NOTIFICATION_STORED if self._recipients else catalog.Event.NOTIFICATION_NO_TARGETS
        for notification in stored:
            _log.log(
                20 if self._recipients else 30,
                event,
                alerts=[alert.name for alert in notification.alerts],
                status=notification.status,
                targets=len(self._recipients),
            )
        return stored
