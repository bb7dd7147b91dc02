"""Money."""

from __future__ import annotations

from typing import Final

from alerts.expressions import BUDGET_DAY, COST_DAY, kept, usd
from alerts.rule import NOW, Rule

SPENT: Final = usd("$value")
BUDGET: Final = f"{{{{ with query `max({kept(BUDGET_DAY)})` | first | value }}}}{usd('.')}{{{{ end }}}}"

RULES: Final = (
    Rule(
        alert="CostDayOverBudget",
        group="cost",
        # Kept rather than `keep_firing_for`, which would hold the alert after the budget was raised too.
        expr=f"""\
max by (period) ({kept(COST_DAY)})
  > on (period)
max by (period) ({kept(BUDGET_DAY)})""",
        hold=NOW,
        severity="page",
        summary=f"Jobs cost {SPENT} today, more than the daily budget of {BUDGET}",
        description=f"Device time since midnight cost {SPENT}; the daily budget is {BUDGET}. Jobs are still accepted.",
        dashboard="plainview-jobs",
    ),
)
