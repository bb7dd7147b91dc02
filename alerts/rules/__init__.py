"""The table of alerts: a symptom that someone feels, how long it must last, and what to say.

A page means now, a ticket this week. Runbook and dashboard links are added to all of them by the
builder; windows are a few minutes so that an alert resolves soon after its cause is gone.
"""

from __future__ import annotations

from typing import Final

from alerts.rule import Rule
from alerts.rules import (
    bill,
    budgets,
    cost,
    gpu,
    gpu_faults,
    gpu_links,
    jobs,
    memory,
    notifications,
    protection,
    service,
    telemetry,
)

RULES: Final[tuple[Rule, ...]] = (
    *service.RULES,
    *protection.RULES,
    *jobs.RULES,
    *memory.RULES,
    *budgets.RULES,
    *cost.RULES,
    *bill.RULES,
    *gpu.RULES,
    *gpu_faults.RULES,
    *gpu_links.RULES,
    *telemetry.RULES,
    *notifications.RULES,
)
