"""The body that Alertmanager posts (webhook version 4), as far as the notifier reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

#: The alert that always fires; its silence means that monitoring is blind.
WATCHDOG: Final = "Watchdog"

Status = Literal["firing", "resolved"]


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class Alert(BaseModel):
    """One alert of a group. Unknown keys are ignored: later Alertmanagers add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    status: Status
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: datetime = Field(alias="startsAt")
    ends_at: datetime | None = Field(default=None, alias="endsAt")
    generator_url: str = Field(default="", alias="generatorURL")
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """Return the name of the alert's rule."""
        return self.labels.get("alertname", "unnamed alert")

    @property
    def since(self) -> datetime:
        """Return when the alert began."""
        return _aware(self.starts_at)

    @property
    def until(self) -> datetime | None:
        """Return when the alert ended, None while it lasts (Alertmanager then writes the year 1)."""
        if self.status == "firing" or self.ends_at is None or self.ends_at.year == 1:
            return None
        return _aware(self.ends_at)

    @property
    def identity(self) -> str:
        """Return what tells this alert from the others of its group."""
        return self.fingerprint or repr(sorted(self.labels.items()))


class Group(BaseModel):
    """What Alertmanager posts at once: alerts that its route grouped."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    group_key: str = Field(alias="groupKey")
    status: Status
    alerts: tuple[Alert, ...]
    truncated: int = Field(default=0, alias="truncatedAlerts")

    def parts(self) -> list[tuple[Status, list[Alert]]]:
        """Return the alerts that people are told about, by status, firing ones first."""
        told = [alert for alert in self.alerts if alert.name != WATCHDOG]
        statuses: tuple[Status, ...] = ("firing", "resolved")
        by_status = [(status, [alert for alert in told if alert.status == status]) for status in statuses]
        return [(status, alerts) for status, alerts in by_status if alerts]

    def carries_watchdog(self) -> bool:
        """Say whether the watchdog is among the alerts and fires; a resolved one proves no life."""
        return any(alert.name == WATCHDOG and alert.status == "firing" for alert in self.alerts)
