"""Money: budgets, and what is paid for without a use."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import BUDGET_DAY, COST_DAY, kept, limit, usd, value_of
from alerts.rule import NOW, Rule
from dashboards.queries import counted, select
from telemetry import catalog

SPENT: Final = usd("$value")
BUDGET: Final = f"{{{{ with query `max({kept(BUDGET_DAY)})` | first | value }}}}{usd('.')}{{{{ end }}}}"
COST_MONTH: Final = select(catalog.COST_PERIOD, 'period="month"')
BUDGET_MONTH: Final = select(catalog.BUDGET, 'period="month"')
MONTHLY: Final = f"{{{{ with query `max({kept(BUDGET_MONTH)})` | first | value }}}}{usd('.')}{{{{ end }}}}"
IDLE_COST: Final = select(catalog.COST, 'kind="idle"')
IDLE: Final = f"sum by (job, instance) (increase({IDLE_COST}[1h]))"
REAL_PRICE: Final = select(catalog.GPU_PRICE, 'device="gpu"')
#: A card that nobody held for the whole hour, but for what two readings can miss.
IDLE_SECONDS: Final = 3500
OF_JOBS: Final = select(catalog.COST, 'kind!~"idle|overhead"')
JUDGED: Final = select(catalog.JOB_FINISHED, 'outcome=~"succeeded|failed"')


def _over(cost: str, budget: str, share: str = "") -> str:
    # Kept rather than `keep_firing_for`, which would hold the alert after the budget was raised too.
    return f"max by (period) ({kept(cost)})\n  > on (period)\n{share}max by (period) ({kept(budget)})"


def _per_job(window: str) -> str:
    jobs = f"sum (increase({JUDGED}{window}))"
    return f"sum (increase({OF_JOBS}{window}))\n/\n({jobs} >= {limit(thresholds.COST_JUMP_MIN_JOBS)})"


RULES: Final = (
    Rule(
        alert="CostDayOverBudget",
        group="cost",
        expr=_over(COST_DAY, BUDGET_DAY),
        hold=NOW,
        severity="page",
        summary=f"Jobs cost {SPENT} today, more than the daily budget of {BUDGET}",
        description=f"Device time since midnight cost {SPENT}; the daily budget is {BUDGET}. Jobs are still accepted.",
        dashboard="plainview-cost",
    ),
    Rule(
        alert="CostDayNearBudget",
        group="cost",
        expr=_over(COST_DAY, BUDGET_DAY, f"{limit(thresholds.BUDGET_RATIO)} * "),
        hold=timedelta(minutes=5),
        severity="ticket",
        summary=f"Jobs cost {SPENT} today, near the daily budget of {BUDGET}",
        description=(
            f"Device time since midnight cost {SPENT}; the daily budget is {BUDGET}. "
            f"The threshold is {{{{ {value_of(thresholds.BUDGET_RATIO)} | humanizePercentage }}}} of it."
        ),
        dashboard="plainview-cost",
    ),
    Rule(
        alert="CostMonthOverBudget",
        group="cost",
        expr=_over(COST_MONTH, BUDGET_MONTH),
        hold=NOW,
        severity="page",
        summary=f"Jobs cost {SPENT} this month, more than the monthly budget of {MONTHLY}",
        description=f"Device time since the month began cost {SPENT}; the monthly budget is {MONTHLY}. Jobs are still accepted.",
        dashboard="plainview-cost",
    ),
    Rule(
        alert="GpuIdlePaid",
        group="cost",
        # Real cards only: neither the CPU that stands in nor a simulated card is paid for.
        expr=f"""\
{IDLE}
  > {limit(thresholds.IDLE_USD)}
and on (job, instance)
{IDLE}
  > on (job, instance)
{IDLE_SECONDS} * max by (job, instance) ({REAL_PRICE})""",
        hold=NOW,
        severity="ticket",
        summary=f"The card of the worker at {{{{ $labels.instance }}}} cost {SPENT} in an hour without a job",
        description=(
            f"No job held the card of {{{{ $labels.instance }}}} for an hour, which cost {SPENT}; the threshold is "
            f"{{{{ with {value_of(thresholds.IDLE_USD)} }}}}{usd('.')}{{{{ end }}}}."
        ),
        dashboard="plainview-cost",
    ),
    Rule(
        alert="CostPerJobJump",
        group="cost",
        expr=f"""\
(
{_per_job("[1h]")}
)
/
(
{_per_job("[1d] offset 1h")}
)
  > {limit(thresholds.COST_JUMP_FACTOR)}""",
        hold=timedelta(minutes=5),
        severity="ticket",
        summary='A job costs {{ $value | printf "%.1f" }} times what it cost the day before',
        description=(
            'In the last hour each job that ended cost {{ $value | printf "%.1f" }} times what jobs of the day before cost, retries and failures included; '
            f'the threshold is {{{{ {value_of(thresholds.COST_JUMP_FACTOR)} | printf "%.1f" }}}} times.'
        ),
        dashboard="plainview-cost",
    ),
    Rule(
        alert="CostUnknown",
        group="cost",
        expr=f"{counted(select(catalog.GPU_UNPRICED), '1h', 'device_name')} > 0",
        hold=NOW,
        severity="ticket",
        summary="What work on {{ $labels.device_name }} costs is not known",
        description="Work held {{ $labels.device_name }} for {{ $value | humanizeDuration }} in the last hour, and that card has no price. No figure of cost and no budget has this time.",
        dashboard="plainview-cost",
    ),
)
