"""The delivery loop: one thread per target, so that a dead one never holds up the others.

Threads, since Apprise blocks; daemons, since a hung server must not hold up a stop: what was cut off is still in
the outbox and is delivered after the next start (at least once).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from telemetry import catalog
from telemetry.logs import get_logger
from telemetry.meters import BackgroundMeter

from .backoff import DeliveryPolicy
from .errors import DeliveryFailed, OutboxUnavailable
from .message import Message
from .metrics import NotifierMetrics
from .outbox import Outbox
from .records import Delivery, Notification
from .target_breaker import TargetBreaker
from .targets import Target

_log = get_logger(__name__)
_OUTBOX_PAUSE: Final = 1.0
# Nothing is due before something is stored, and storing wakes the loop; this only bounds a step of the clock.
_LONGEST_NAP: Final = 60.0


class TargetLoop:
    """Delivers what is pending for one target, oldest first."""

    def __init__(
        self,
        target: Target,
        outbox: Outbox,
        metrics: NotifierMetrics,
        compose: Callable[[Notification], Message],
        policy: DeliveryPolicy,
    ) -> None:
        self._target, self._outbox, self._metrics = target, outbox, metrics
        self._compose, self._policy = compose, policy
        self._breaker = TargetBreaker(target.recipient.id)
        self._wake = threading.Event()
        self._unrecorded: set[int] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"deliver-{target.recipient.id}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at the outbox now."""
        self._wake.set()

    def alive(self) -> bool:
        """Say whether the loop runs."""
        return self._thread.is_alive()

    def failing(self) -> bool:
        """Say whether the target fails and is tried only now and then."""
        return self._breaker.is_open

    def stop(self) -> None:
        """Begin no further delivery."""
        self._stopping = True
        self._wake.set()

    def join(self, timeout: float) -> None:
        """Wait for the delivery under way."""
        self._thread.join(timeout)

    def _run(self) -> None:
        meter = BackgroundMeter("deliver notifications")
        while not self._stopping:
            self._wake.clear()
            try:
                with meter.run():
                    pause = self._step()
            except OutboxUnavailable as error:
                _log.error(catalog.Event.NOTIFICATION_OUTBOX_FAILED, error=str(error))  # no traceback needed
                pause = _OUTBOX_PAUSE
            if pause > 0 and not self._stopping:
                self._wake.wait(pause)

    def _step(self) -> float:
        """Make the delivery that is due; return the seconds until the next look."""
        delivery = self._outbox.next_delivery(self._target.recipient.id)
        if delivery is None:
            return _LONGEST_NAP
        if (early := delivery.due_at - time.time()) > 0:
            return min(early, _LONGEST_NAP)
        if delivery.id in self._unrecorded:
            self._delivered(delivery)
            return 0
        if (rest := self._breaker.rest(time.time())) > 0:
            return rest
        try:
            with self._breaker.attempt():
                self._target.send(self._compose(delivery.notification))
        except DeliveryFailed as error:
            self._failed(delivery, str(error))
        except Exception as error:  # noqa: BLE001  # a plugin's bug counts as a failed delivery and never ends the loop
            self._failed(delivery, f"{type(error).__name__} while sending")
        else:
            self._delivered(delivery)
        self._metrics.pending.set(self._outbox.pending())
        return 0

    def _delivered(self, delivery: Delivery) -> None:
        now = time.time()
        # A full disk must not have the same message sent again and again.
        self._unrecorded.add(delivery.id)
        self._outbox.finish(delivery, "delivered", None, now)
        self._unrecorded.discard(delivery.id)
        waited = max(0.0, now - delivery.notification.received_at)
        target = self._target.recipient.id
        self._metrics.deliveries.labels(target, "delivered").inc()
        self._metrics.duration.labels(target).observe(waited)
        self._say("info", catalog.Event.NOTIFICATION_DELIVERED, delivery, seconds=round(waited, 3))

    def _failed(self, delivery: Delivery, reason: str) -> None:
        now, target, attempts = time.time(), self._target.recipient.id, delivery.attempts + 1
        self._metrics.deliveries.labels(target, "failed").inc()
        wait = self._policy.pause(attempts)
        self._breaker.failed(now, wait)
        if now - delivery.notification.received_at >= self._policy.give_up_after.total_seconds():
            self._outbox.finish(delivery, "abandoned", reason, now)
            self._metrics.deliveries.labels(target, "abandoned").inc()
            self._say("error", catalog.Event.NOTIFICATION_ABANDONED, delivery, error=reason)
            return
        pause = wait.total_seconds()
        self._outbox.postpone(delivery, now + pause, reason)
        self._say(
            "warning", catalog.Event.NOTIFICATION_FAILED, delivery, error=reason, next_try_seconds=round(pause, 1)
        )

    def _say(self, level: str, event: str, delivery: Delivery, **fields: object) -> None:
        notification = delivery.notification
        getattr(_log, level)(
            event,
            target=self._target.recipient.id,
            delivery=delivery.id,
            alert=notification.alerts[0].name,
            status=notification.status,
            attempt=delivery.attempts + 1,
            **fields,
        )


@contextmanager
def delivering(
    targets: Sequence[Target],
    outbox: Outbox,
    metrics: NotifierMetrics,
    compose: Callable[[Notification], Message],
    policy: DeliveryPolicy,
) -> Iterator[list[TargetLoop]]:
    """Run a loop per target; on exit let deliveries under way end within the policy's grace."""
    loops = [TargetLoop(target, outbox, metrics, compose, policy) for target in targets]
    try:
        yield loops
    finally:
        for loop in loops:
            loop.stop()
        deadline = time.monotonic() + policy.stop_grace.total_seconds()
        for loop in loops:
            loop.join(max(0.0, deadline - time.monotonic()))
