"""What the outbox hands out: plain records without a URL or a secret."""

from __future__ import annotations

from dataclasses import dataclass

from .alertmanager import Alert, Status


@dataclass(frozen=True, slots=True)
class Recipient:
    """A configured target as the outbox, metrics and logs know it: no URL, no secret.

    Attributes:
        id: kind and a short hash of the URL, such as `slack-03095b0c`; a few values, the same after each start.
        kind: the URL's scheme.
    """

    id: str
    kind: str

    @property
    def name(self) -> str:
        """Return what people read, such as `slack (03095b0c)`."""
        return f"{self.kind} ({self.id.removeprefix(f'{self.kind}-')})"


@dataclass(frozen=True, slots=True)
class Notification:
    """Something people are told: alerts of one group in one status."""

    group_key: str
    status: Status
    alerts: tuple[Alert, ...]
    received_at: float
    reminder: bool = False
    truncated: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification on its way to one target; `due_at` is Unix time."""

    id: int
    attempts: int
    due_at: float
    notification: Notification
