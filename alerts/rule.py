"""What an alert is made of, before it is a Prometheus rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

Severity = Literal["page", "ticket", "none"]
Dashboard = Literal[
    "plainview-overview",
    "plainview-service",
    "plainview-jobs",
    "plainview-queue",
    "plainview-cost",
    "plainview-gpu",
    "plainview-telemetry",
]

NOW: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule.

    Attributes:
        expr: PromQL, on several lines where it is long.
        hold: how long `expr` must be true before the alert fires.
        summary: one line for a phone; may use Prometheus templates.
        description: what is going on, with figures.
        dashboard: where to look first.
    """

    alert: str
    group: str
    expr: str
    hold: timedelta
    severity: Severity
    summary: str
    description: str
    dashboard: Dashboard = "plainview-overview"
