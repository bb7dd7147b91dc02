"""The table of alerts: a symptom that someone feels, how long it must last, and what to say.

A page means now, a ticket this week. Runbook and dashboard links are added to all of them by the
builder; windows are a few minutes so that an alert resolves soon after its cause is gone.
"""

from __future__ import annotations

from typing import Final

from alerts.rule import Rule
from alerts.rules import cost, gpu, jobs, notifications, service

RULES: Final[tuple[Rule, ...]] = (*service.RULES, *jobs.RULES, *cost.RULES, *gpu.RULES, *notifications.RULES)
