"""Money: what is paid for without a use, what costs more than it did, what nobody knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit, usd, value_of
from alerts.rule import NOW, Rule
from dashboards.queries import counted, select
from telemetry import catalog

SPENT: Final = usd("$value")
REAL: Final = 'device="gpu"'
IDLE: Final = f"max by (job, instance) ({select(catalog.GPU_IDLE, REAL)})"
REAL_PRICE: Final = select(catalog.GPU_PRICE, REAL)
OF_JOBS: Final = select(catalog.COST, 'kind!~"idle|overhead"')
JUDGED: Final = select(catalog.JOB_FINISHED, 'outcome=~"succeeded|failed"')


def _per_job(window: str) -> str:
    jobs = f"sum (increase({JUDGED}{window}))"
    return f"sum (increase({OF_JOBS}{window}))\n/\n({jobs} >= {limit(thresholds.COST_JUMP_MIN_JOBS)})"


RULES: Final = (
    Rule(
        alert="GpuIdlePaid",
        group="cost",
        # Real cards only: neither the CPU that stands in nor a simulated card is paid for.
        expr=f"""\
{IDLE}
* on (job, instance)
max by (job, instance) ({REAL_PRICE})
  > {limit(thresholds.IDLE_USD)}
and on (job, instance)
{IDLE}
  > {limit(thresholds.IDLE_SECONDS)}""",
        hold=timedelta(minutes=1),
        severity="ticket",
        summary=f"The card of the worker at {{{{ $labels.instance }}}} has cost {SPENT} since its last job",
        description=(
            f"No job has held the card of {{{{ $labels.instance }}}} for longer than {{{{ {value_of(thresholds.IDLE_SECONDS)} | humanizeDuration }}}}; "
            f"the time since the last one has cost {SPENT}."
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
