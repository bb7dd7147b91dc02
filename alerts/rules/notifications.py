"""The way that alerts themselves take."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit, target_name
from alerts.rule import NOW, Rule
from dashboards.queries import counted, select
from telemetry import catalog

FAILED: Final = select(catalog.NOTIFICATION_DELIVERIES, 'outcome=~"failed|abandoned"')
DELIVERED: Final = select(catalog.NOTIFICATION_DELIVERIES, 'outcome="delivered"')
TARGET: Final = target_name("$labels.target")

RULES: Final = (
    Rule(
        alert="NotifierDown",
        group="notifications",
        expr='up{job="notifier"} == 0\nor\nabsent(up{job="notifier"})',
        hold=timedelta(minutes=1),
        severity="page",
        summary="Nobody is told about alerts: the notifier does not answer",
        description="Prometheus could not read the notifier for a minute. Alertmanager keeps alerts and tries again; until the notifier is back they show in the console only.",
    ),
    Rule(
        alert="NotificationsFailing",
        group="notifications",
        expr=f"""\
{counted(FAILED, "10m", "target")}
  >= {limit(thresholds.NOTIFICATION_FAILURES)}
unless on (target)
{counted(DELIVERED, "10m", "target")} > 0""",
        hold=timedelta(seconds=30),
        severity="page",
        summary=f"Notifications to {TARGET} are not delivered",
        description=f'{{{{ $value | printf "%.0f" }}}} attempts to deliver to {TARGET} failed in 10 minutes and none succeeded. Alerts do not reach whoever reads there.',
    ),
    Rule(
        alert="Watchdog",
        group="notifications",
        expr="vector(1)",
        hold=NOW,
        severity="none",
        summary="The alert path works",
        description="Always fires. When it stops arriving, Prometheus, Alertmanager or the way between them is broken, and the notifier says so.",
    ),
)
