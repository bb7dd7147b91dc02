"""What a card itself reports as wrong: errors, rows to replace, heat."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit, value_of
from alerts.rule import NOW, Rule
from dashboards import recorded
from dashboards.queries import select
from telemetry import catalog

#: An XID is an event: the alert stands for ten minutes after the last one.
XID_SECONDS: Final = 600
UNCORRECTED: Final = select(catalog.GPU_ECC_ERRORS, 'type="uncorrected"')


def _codes(codes: tuple[int, ...]) -> str:
    return "|".join(map(str, codes))


def _card(selector: str) -> str:
    return f"max by (job, instance, gpu_uuid) ({selector})"


def _xid(matcher: str) -> str:
    last = select(catalog.GPU_XID_LAST, matcher)
    # The time of the last one: `increase` misses the first event of a series, which is most of them.
    return f"time() - max by (job, instance, gpu_uuid, xid) ({last}) < {XID_SECONDS}"


RULES: Final = (
    Rule(
        alert="GpuXidCritical",
        group="gpu",
        expr=_xid(f'xid=~"{_codes(catalog.XIDS_OF_THE_CARD)}"'),
        hold=NOW,
        severity="page",
        summary="Card {{ $labels.gpu_uuid }} reported XID {{ $labels.xid }}: the card is at fault",
        description="The driver at {{ $labels.instance }} reported XID {{ $labels.xid }} on card {{ $labels.gpu_uuid }} {{ $value | humanizeDuration }} ago. Jobs on it fail until the card is reset or the machine rebooted.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuXidError",
        group="gpu",
        expr=_xid(f'xid!~"{_codes((*catalog.XIDS_OF_THE_CARD, *catalog.XIDS_FOR_INFORMATION))}"'),
        hold=NOW,
        severity="ticket",
        summary="Card {{ $labels.gpu_uuid }} reported XID {{ $labels.xid }}",
        description="The driver at {{ $labels.instance }} reported XID {{ $labels.xid }} on card {{ $labels.gpu_uuid }} {{ $value | humanizeDuration }} ago: usually a fault of the job that ran then, which failed.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuEccUncorrected",
        group="gpu",
        expr=f"{_card(UNCORRECTED)} > 0",
        hold=NOW,
        severity="page",
        summary="Card {{ $labels.gpu_uuid }} has uncorrected memory errors",
        description="{{ $value }} uncorrected memory errors on card {{ $labels.gpu_uuid }} at {{ $labels.instance }} since its driver was loaded. What it computed since may be wrong.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuRowRemapFailed",
        group="gpu",
        expr=f"{_card(catalog.GPU_REMAP_FAILED.name)} == 1",
        hold=timedelta(minutes=1),
        severity="page",
        summary="Card {{ $labels.gpu_uuid }} is due for exchange",
        description="Card {{ $labels.gpu_uuid }} at {{ $labels.instance }} could not replace a bad row of memory: it has no spare one left. NVIDIA takes such cards back.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuRowRemapPending",
        group="gpu",
        expr=f"{_card(catalog.GPU_REMAP_PENDING.name)} == 1",
        hold=timedelta(minutes=1),
        severity="ticket",
        summary="Card {{ $labels.gpu_uuid }} waits for a reset to replace bad memory",
        description="Card {{ $labels.gpu_uuid }} at {{ $labels.instance }} found a bad row of memory and replaces it at its next reset. Until then jobs may meet it again.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuRecoveryActionNeeded",
        group="gpu",
        expr=f"{_card(catalog.GPU_RECOVERY_ACTION.name)} > 0",
        hold=timedelta(minutes=1),
        severity="page",
        summary="The driver asks for recovery of card {{ $labels.gpu_uuid }} (action {{ $value }})",
        description="The driver at {{ $labels.instance }} asks for action {{ $value }} on card {{ $labels.gpu_uuid }}: 1 reset the GPU, 2 reboot, 3 drain its peers, 4 drain and reset, 5 recover IMEX, 6 bus reset, 7 system reboot.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuThrottledHot",
        group="gpu",
        expr=f"{recorded.GPU_HOT_RATIO.name}\n  > {limit(thresholds.GPU_HOT_RATIO)}",
        hold=timedelta(minutes=2),
        severity="ticket",
        summary="Heat slows card {{ $labels.gpu_uuid }} for {{ $value | humanizePercentage }} of the time",
        description=(
            "Card {{ $labels.gpu_uuid }} at {{ $labels.instance }} ran below its clocks because of heat for {{ $value | humanizePercentage }} of 5 minutes; "
            f"the threshold is {{{{ {value_of(thresholds.GPU_HOT_RATIO)} | humanizePercentage }}}}. Jobs take longer at the same price."
        ),
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuMemoryAlmostFull",
        group="gpu",
        expr=f"{recorded.GPU_MEMORY_RATIO.name}\n  > {limit(thresholds.GPU_MEMORY_RATIO)}",
        hold=timedelta(minutes=10),
        severity="ticket",
        summary="{{ $value | humanizePercentage }} of the memory of card {{ $labels.gpu_uuid }} is in use",
        description=(
            "Card {{ $labels.gpu_uuid }} at {{ $labels.instance }} has had {{ $value | humanizePercentage }} of its memory in use for 10 minutes; "
            f"the threshold is {{{{ {value_of(thresholds.GPU_MEMORY_RATIO)} | humanizePercentage }}}}. The next job may run out of memory."
        ),
        dashboard="plainview-gpu",
    ),
)
