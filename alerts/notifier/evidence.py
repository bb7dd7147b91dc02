"""What backs an alert up (a chart, exemplar traces, top customers), added to a message by providers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from telemetry import catalog
from telemetry.logs import get_logger

from .records import Notification

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of text with an optional address, and an optional file for targets that take attachments."""

    text: str
    url: str = ""
    attachment: Path | None = None


class EvidenceProvider(Protocol):
    """Finds evidence for a notification; bounded in time, may raise: the message then goes without it."""

    def evidence(self, notification: Notification) -> Sequence[Evidence]: ...


def gather(notification: Notification, providers: Sequence[EvidenceProvider]) -> tuple[Evidence, ...]:
    """Return what the providers found; one that fails is logged and never holds a message back."""
    found: list[Evidence] = []
    for provider in providers:
        try:
            found.extend(provider.evidence(notification))
        except Exception as error:  # noqa: BLE001  # an alert without its chart is still an alert
            _log.warning(
                catalog.Event.NOTIFICATION_EVIDENCE_FAILED, provider=type(provider).__name__, error=type(error).__name__
            )
    return tuple(found)
